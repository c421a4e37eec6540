"""`vscore-dashboard`, or `python -m dashboard`: serve the dashboard and open it in a browser."""

import errno
import os
import sys
import threading
import webbrowser
from collections.abc import Sequence

from dashboard.classroom import announcement, own_address
from dashboard.options import Options, read_options

# Thirty sessions that each start a thread per core are slower than thirty that take turns.
# BLAS reads these once, when NumPy is first imported.
BLAS_THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until interrupted.

    Raises
    ------
    SystemExit
        With a line that says what to do, where the server cannot listen.
    """
    options = read_options(argv)
    os.environ.update(BLAS_THREADS)
    from dashboard import server  # imports NumPy, so only now

    try:
        listener = server.listen(options.address, options.port)
    except OSError as error:
        sys.exit(_remedy(error, options.address, options.port))
    port = listener.getsockname()[1]
    url = server.url(options.address, port, own_address() if options.classroom else None)
    server.serve(
        listener,
        options.address,
        ready=lambda: _announce(url, options),
        embed_from=options.embed_from,
        limit=options.limit,
        workers=options.workers,
    )


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


def _announce(url: str, options: Options) -> None:
    print(f"The dashboard is at {url} (Ctrl-C stops it)", flush=True)
    if options.classroom:
        print(_for_the_class(url, options.limit), flush=True)
    if options.browser:
        # Some browsers are started in the foreground; the server must answer meanwhile.
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _for_the_class(url: str, limit: int) -> str:
    if "//localhost:" in url:
        return (
            "No network was found, so others cannot open it. Connect this machine to the network "
            "of the class and start again."
        )
    return announcement(url, limit, sys.stdout)


if __name__ == "__main__":
    main()
