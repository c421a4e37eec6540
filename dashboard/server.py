"""The hardened server: Streamlit under uvicorn, with what a class on one machine needs.

One process and one event loop, or several behind a door (`dashboard.crew`). Requests pass `Shield`
(who may ask what, and the headers every answer carries), `Admission` (whether there is a place),
`Preload` and `CompressedAssets` (the scripts, early and small), then Streamlit.
"""

import contextlib
import gc
import importlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App
from threadpoolctl import threadpool_limits

from dashboard import charts, compute, gathering, journal
from dashboard.admission import Admission
from dashboard.charts import assets
from dashboard.crew.board import Board
from dashboard.crew.channel import Channel
from dashboard.crew.door import Door, Work
from dashboard.crew.worker import ForOneBrowser, Worker
from dashboard.desk import OwnDesk
from dashboard.health import Health, until_idle
from dashboard.memory import share_heaps
from dashboard.middleware import CompressedAssets, Preload, Shield
from dashboard.options import LIMIT
from dashboard.places import Room
from dashboard.serving import STOPPING, UNWINDING, run
from dashboard.settings import PACKAGE, WILDCARDS, apply_settings
from vscore._blas import one_blas_thread
from vscore._version import __version__

SCRIPT = PACKAGE / "app.py"

PRELOADED = ("numpy", "scipy.special", "dashboard.registry", "dashboard.views.share")
"""Imported before the server answers: the first visitor should not wait a second for them."""


def create_app(
    script: Path = SCRIPT, embed_from: Sequence[str] = (), health: Health | None = None
) -> App:
    """The dashboard as an ASGI application.

    Parameters
    ----------
    script : Path
        The Streamlit script.
    embed_from : sequence of str
        Origins whose pages may hold the dashboard in a frame.
    health : Health, optional
        Its desk says how many may come in, and whether this is one of several workers.
    """
    state = health or Health(OwnDesk(Room(LIMIT)))
    several = [Middleware(ForOneBrowser, state.desk)] if isinstance(state.desk, Worker) else []

    return App(
        script,
        lifespan=partial(_lifespan, state),
        routes=state.routes(),
        middleware=[
            *several,
            Middleware(Shield, embed_from=embed_from),
            Middleware(Admission, health=state, embedded=bool(embed_from)),
            Middleware(Preload, scripts=[assets.PLOTLY], modules=[assets.MODULE]),
            Middleware(CompressedAssets, own=assets.FILES),
        ],
    )


@contextlib.asynccontextmanager
async def _lifespan(health: Health, _app: App) -> AsyncIterator[None]:
    _preload()
    # Held for good: a simulation then need not look at BLAS to hold it for a while.
    with threadpool_limits(limits=1), one_blas_thread(), charts.served():
        # What is loaded by now stays: the collector need not walk it again after every run.
        gc.collect()
        gc.freeze()
        health.phase = "ready"
        yield
        health.phase = "stopping"
        # Their pages are gone, so every run ends at its next look at Streamlit's state.
        await until_idle(UNWINDING)


def _preload() -> None:
    share_heaps()
    for name in PRELOADED:
        importlib.import_module(name)


def listen(address: str, port: int) -> socket.socket:
    """A listening socket whose connections send at once.

    asyncio turns Nagle's algorithm off only where the socket names its protocol; left on, it
    delays many reruns by 40 ms.

    Raises
    ------
    OSError
        If the port is in use or the address is not this machine's.
    """
    family, kind, _, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # lets a restart follow at once; on Windows it lets two share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def url(address: str, port: int, outside: str | None = None) -> str:
    """Where a browser finds the server.

    Parameters
    ----------
    address : str
        What the server listens on.
    port : int
    outside : str, optional
        This machine's address on its network, where browsers on other machines are meant: it
        stands for a wildcard, in place of localhost.
    """
    host = outside or "localhost" if address in WILDCARDS else address
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    listener: socket.socket,
    address: str,
    *,
    ready: Callable[[], object],
    script: Path = SCRIPT,
    embed_from: Sequence[str] = (),
    limit: int = LIMIT,
    workers: int = 1,
) -> None:
    """Serve on a listening socket until SIGINT or SIGTERM.

    Parameters
    ----------
    listener : socket.socket
        From `listen`.
    address : str
        The address as the user wrote it.
    ready : callable
        Called once, when the server answers.
    script : Path
        The Streamlit script.
    embed_from : sequence of str
        Origins whose pages may hold the dashboard in a frame.
    limit : int
        How many websockets, one a visitor's window, may be open at once.
    workers : int
        How many processes answer. More than one only on Linux.

    Raises
    ------
    SystemExit
        With 1 where a worker could not start.
    """
    handler = journal.take_over()
    apply_settings(address, listener.getsockname()[1])
    started = time.monotonic()

    def answering() -> None:
        handler.be_discreet()
        cores = compute.cores()[1]
        journal.write("start", version=__version__, limit=limit, cores=cores, workers=workers)
        ready()

    def answer(health: Health, on: list[socket.socket], begun: Callable[[], object]) -> None:
        run(create_app(script, embed_from, health), health, on, begun)

    try:
        if workers == 1:
            answer(Health(OwnDesk(Room(limit))), [listener], answering)
        else:
            work = _worker(answer, limit, workers, handler.be_discreet)
            door = Door(listener, Room(limit), workers, work, answering, STOPPING)
            _serve_together(door)
    finally:
        journal.write("stop", after=round(time.monotonic() - started, 1))


def _worker(
    answer: Callable[[Health, list[socket.socket], Callable[[], object]], None],
    limit: int,
    workers: int,
    begun: Callable[[], object],
) -> Work:
    """What each of some workers does: answer, and ask at the door for places."""
    board = Board(workers)

    def work(channel: Channel, number: int) -> None:
        others = board.line(number)
        compute.share_cores(workers, others)
        health = Health(Worker(channel, number, workers, limit), elsewhere=others.cores)
        answer(health, [], begun)

    return work


def _serve_together(door: Door) -> None:
    """Hire workers, who share what is loaded and computed by now, and wait until all have ended."""
    _preload()
    gathering.prepare()
    gc.collect()
    gc.freeze()
    if not door.run():
        sys.exit(1)
