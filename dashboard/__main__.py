"""`vscore-dashboard`, or `python -m dashboard`: serve the dashboard and open it in a browser."""

import argparse
import errno
import os
import sys
import threading
import webbrowser
from collections.abc import Sequence

from dashboard.origins import check_origin, check_origins

# Thirty sessions that each start a thread per core are slower than thirty that take turns.
# BLAS reads these once, when NumPy is first imported.
BLAS_THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


EMBED_FROM = "VSCORE_EMBED_FROM"
"""Origins whose pages may hold the dashboard in a frame, with spaces between."""


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until interrupted.

    Raises
    ------
    SystemExit
        With a line that says what to do, where the server cannot listen.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        allowed = check_origins(os.environ.get(EMBED_FROM, "").split())
    except ValueError as error:
        parser.error(f"environment variable {EMBED_FROM}: {error}")
    os.environ.update(BLAS_THREADS)
    from dashboard import server  # imports NumPy, so only now

    try:
        listener = server.listen(options.address, options.port)
    except OSError as error:
        sys.exit(_remedy(error, options.address, options.port))
    url = server.url(options.address, listener.getsockname()[1])
    server.serve(
        listener,
        options.address,
        ready=lambda: _announce(url, options.browser),
        embed_from=(*allowed, *options.embed_from),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vscore-dashboard", description="Serve the dashboard and open it in a browser."
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=8501,
        help="where to listen (default 8501); 0 takes a free one",
    )
    parser.add_argument(
        "--address",
        default="127.0.0.1",
        help="which of this machine's addresses to listen on (default 127.0.0.1: this machine "
        "only); 0.0.0.0 lets a class in",
    )
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="do not open a browser"
    )
    parser.add_argument(
        "--embed-from",
        metavar="ORIGIN",
        type=_origin,
        action="append",
        default=[],
        help="let pages of this origin hold the dashboard in a frame, as in "
        "https://course.example.org; may be given several times, and joins those in the "
        f"environment variable {EMBED_FROM}, which stand there with spaces between (default: none)",
    )
    return parser


def _origin(text: str) -> str:
    try:
        return check_origin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"port must be an integer in [0, 65535]; got {text!r}")
    return int(text)


def _remedy(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        another = port + 1 if port < 65535 else 0
        return (
            f"vscore-dashboard: port {port} is in use. "
            f"Choose another one, as in: vscore-dashboard --port {another}"
        )
    return (
        f"vscore-dashboard: cannot listen on {address}, port {port}: {error.strerror}. "
        "Choose another --address or --port."
    )


def _announce(url: str, browser: bool) -> None:
    print(f"The dashboard is at {url} (Ctrl-C stops it)", flush=True)
    if browser:
        # Some browsers are started in the foreground; the server must answer meanwhile.
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


if __name__ == "__main__":
    main()
