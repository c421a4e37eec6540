"""Whether the server lives, and whether it can take work: two addresses for machines to ask."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard import compute
from dashboard.desk import Desk
from vscore._version import __version__
from vscore.initializers import INITIALIZERS

_FRESH = {"Cache-Control": "no-store"}


@dataclass(slots=True)
class Health:
    """The state of one server, or of one of its workers.

    Attributes
    ----------
    desk : Desk
        Says how many may come in.
    phase : str
    elsewhere : callable
        How many cores the other workers use.
    """

    desk: Desk
    phase: Literal["starting", "ready", "stopping"] = "starting"
    elsewhere: Callable[[], int] = int

    def routes(self) -> list[Route]:
        """Both addresses, for GET and HEAD."""
        return [Route("/healthz", _alive), Route("/readyz", self._ready)]

    async def _ready(self, _request: Request) -> Response:
        ready = self.phase == "ready" and _draws()
        busy, cores = compute.cores()
        return JSONResponse(
            {
                "ready": ready,
                "phase": self.phase,
                "places": {"taken": await self.desk.taken(), "limit": self.desk.limit},
                "slots": {"taken": busy + self.elsewhere(), "cores": cores},
                "version": __version__,
            },
            status_code=200 if ready else 503,
            headers=_FRESH,
        )


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok", headers=_FRESH)


def _draws() -> bool:
    """Whether a small kernel is drawn as its law has it, which takes a tenth of a millisecond."""
    drawn = INITIALIZERS["he_normal"].with_seed(1)((32, 16))
    most = 2.27369446867711 * np.sqrt(2 / 32)  # the cut, at two standard deviations before it
    return bool(0 < np.abs(drawn).max() <= most)  # not so where one is NaN


async def until_idle(most: float) -> bool:
    """Wait until no computation runs, but no longer than so many seconds; whether none does."""
    for _ in range(round(most / 0.05)):
        if not compute.cores()[0]:
            return True
        await asyncio.sleep(0.05)
    return not compute.cores()[0]
