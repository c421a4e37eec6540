"""One line for the machine's cores: who asked first is served first.

Whoever waits sleeps until it is their turn, and looks up now and then whether they still want it.
"""

import threading
import time
from bisect import insort
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from dashboard.lookout import wait_for
from vscore._typing import Check

Report: TypeAlias = Callable[[int, int], object]
"""Called as report(done, total)."""

Waiting: TypeAlias = Callable[[int], object]
"""Called with how many people are before one."""

Aside: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Gives a context in which a thread takes no part in what others are at."""

LIGHT = 0.05
"""Seconds of one core, by estimate, up to which work is light. The default page's simulation is."""

LONG = 1.0
"""Seconds of one core, by estimate, above which work rather waits a moment for all cores."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for something, and how to reach them from their own thread.

    Attributes
    ----------
    check : callable
        Raises where they do not want it any more.
    report : callable, optional
        Told how far the work is.
    waiting : callable, optional
        Told how many people are before them.
    since : float
        When they asked.
    """

    check: Check
    report: Report | None = None
    waiting: Waiting | None = None
    since: float = field(default_factory=time.monotonic)


class Others(Protocol):
    """Other processes that have the same cores."""

    def cores(self) -> int:
        """How many they use."""

    def hear(self, cores: int) -> None:
        """Be told how many are used here."""


class Nobody:
    """No other process."""

    def cores(self) -> int:
        """None."""
        return 0

    def hear(self, cores: int) -> None:
        """Nothing."""


@dataclass(eq=False, slots=True)
class _Ticket:
    """A place in the line; then the cores that are held, none by who was let through.

    Attributes
    ----------
    hopes : bool
        Whether it rather waits for more cores than are free.
    before : int
        How many will be served, or are, before this one.
    """

    since: float
    light: bool
    most: int
    hopes: bool
    called: threading.Event = field(default_factory=threading.Event)
    held: int = 0
    before: int = 0

    def rather_waits(self, free: int) -> bool:
        """Whether so few cores are not taken yet."""
        return self.hopes and free < self.most


class Line:
    """Cores, and who waits for one.

    Who comes first is served first, with a core and with all others if nobody else waits. Light
    work need not wait behind heavy one: while none is at work, the first in line is let through at
    once, on no core of its own. So a heavy run is slowed by one light thread at most, and light
    work waits for light work only.

    Long work that is alone in the line and finds some cores taken waits until its first look: on a
    slider that is dragged, the value before has them, and is told to give them back.

    Parameters
    ----------
    cores : int
    aside : callable
        Gives a context for who waits here, or works for long.

    Attributes
    ----------
    share : int
        Cores that this line may take even where other processes use them: all, if it has none.
    others : Others
    """

    def __init__(self, cores: int, aside: Aside = nullcontext) -> None:
        self.cores = self.share = cores
        self.others: Others = Nobody()
        self._aside = aside
        self._lock = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._at_work: set[_Ticket] = set()

    @property
    def free(self) -> int:
        """Cores that nobody holds, or that are this line's own."""
        return max(self.share - self.held, self.cores - self.held - self.others.cores())

    @property
    def held(self) -> int:
        """Cores that are at work here."""
        return sum(ticket.held for ticket in self._at_work)

    @contextmanager
    def served(self, visitor: Visitor, seconds: float, most: int | None = None) -> Iterator[int]:
        """Wait for a core, say how many threads may work, give them back.

        Parameters
        ----------
        visitor : Visitor
            Asked now and then whether they still wait, and told their place.
        seconds : float
            Of one core, that the work will take about.
        most : int, optional
            Cores that the work can use; all if not given.
        """
        cores = min(most or self.cores, self.cores)
        ticket = _Ticket(visitor.since, seconds <= LIGHT, cores, seconds > LONG)
        with self._lock:
            insort(self._waiting, ticket, key=_since)
            self._serve()
        quick = ticket.light and ticket.called.is_set()
        with nullcontext() if quick else self._aside():
            try:
                self._wait(ticket, visitor)
                yield max(1, ticket.held)
            finally:
                with self._lock:
                    self._leave(ticket)
                    self._serve()

    def _wait(self, ticket: _Ticket, visitor: Visitor) -> None:
        def look() -> None:
            visitor.check()
            with self._lock:
                if self._waiting[:1] == [ticket]:
                    ticket.hopes = False
                    self._serve()  # another process may have left cores
            if visitor.waiting is not None:
                visitor.waiting(ticket.before)

        wait_for(ticket.called, look)

    def _serve(self) -> None:
        """Call whose turn it is; the lock is held."""
        while self._waiting and (free := self.free) > 0:
            if len(self._waiting) == 1 and self._waiting[0].rather_waits(free):
                break
            ticket = self._waiting.pop(0)
            self._call(ticket, 1 if self._waiting else min(free, ticket.most))
        first = next((ticket for ticket in self._waiting if ticket.light), None)
        if first and not any(ticket.light for ticket in self._at_work):
            self._waiting.remove(first)
            self._call(first, 0)
        self.others.hear(self.held)
        self._number()

    def _number(self) -> None:
        """Write each one's place on the ticket: of three hundred who look, nobody counts the rest.

        Light ones only are before a light one.
        """
        everybody, light = len(self._at_work), sum(ticket.light for ticket in self._at_work)
        for ticket in self._waiting:
            ticket.before = light if ticket.light else everybody
            everybody, light = everybody + 1, light + ticket.light

    def _call(self, ticket: _Ticket, cores: int) -> None:
        ticket.held = cores
        self._at_work.add(ticket)
        ticket.called.set()

    def _leave(self, ticket: _Ticket) -> None:
        if ticket in self._at_work:
            self._at_work.remove(ticket)
        else:
            self._waiting.remove(ticket)


def _since(ticket: _Ticket) -> float:
    return ticket.since
