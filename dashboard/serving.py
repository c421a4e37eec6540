"""Uvicorn as the dashboard runs it: when it says that it answers, and how it stops."""

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from dashboard import gathering
from dashboard.crew.worker import Worker
from dashboard.health import Health

DRAIN = 1.0
"""s. How long the server says that it stops, before it does."""

CLOSING = 1
"""s. How long it then waits for browsers to hang up."""

UNWINDING = 2.0
"""s. How long it then waits for computations: the three together are less than the 5 s that a
service manager should have to wait."""

STOPPING = (DRAIN, DRAIN + CLOSING + UNWINDING + 0.7)
"""s. After which a door lets nobody in, and waits for no worker."""


class _Server(uvicorn.Server):
    """Uvicorn that says when it answers, and for a moment that it stops.

    Parameters
    ----------
    config : uvicorn.Config
    health : Health
        Told that the server stops. Its desk may be a worker's: then connections come from there.
    ready : callable
        Called when the server answers.
    """

    def __init__(self, config: uvicorn.Config, health: Health, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._health = health
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
        if isinstance(self._health.desk, Worker):
            self._health.desk.begin(self._protocol)
            return  # what is below was done before it was hired
        # Half a second, of which the first visitor need not wait for any.
        threading.Thread(target=gathering.prepare, name="prepare", daemon=True).start()

    def _protocol(self) -> asyncio.Protocol:
        """What serves one connection, as uvicorn makes it for its own listeners."""
        found: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return found

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._health.phase = "stopping"
        await asyncio.sleep(DRAIN)
        await super().shutdown(sockets)  # closes websockets with 1012, "service restart"


def run(
    app: ASGIApp, health: Health, listeners: list[socket.socket], ready: Callable[[], object]
) -> None:
    """Serve an application until SIGINT or SIGTERM.

    Parameters
    ----------
    app : ASGIApp
    health : Health
    listeners : list of socket.socket
        None where connections come from a door.
    ready : callable
        Called once, when it answers.
    """
    signal.signal(signal.SIGTERM, _end)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again after a clean stop
        _Server(_configuration(app), health, ready).run(listeners)


def _configuration(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on",  # an error at start stops the server, instead of going unsaid
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=2**20,  # bytes; a page's whole state is a few thousand
        ws_per_message_deflate=False,  # a move sends 37 kB: packing them costs a class more
        timeout_graceful_shutdown=CLOSING,
    )


def _end(_number: int, _frame: FrameType | None) -> None:
    """What uvicorn's own handler is put back to, and SIGTERM raised again, after a clean stop."""
    sys.exit(0)
