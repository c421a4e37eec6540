"""Connections that come in, until it is known whose they are."""

import errno
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from dashboard.crew.destination import END, HEAD, known_by
from dashboard.crew.meeting import meets

PassOn: TypeAlias = Callable[[socket.socket, str | None], object]
"""Takes a connection, and what tells its browser from others, as `known_by` has it."""

LOOK = 0.02
"""s. How long to wait before a head that has come in part is looked at again; then twice as long,
and so on: who sends slowly, in thousands, is not to keep the door busy."""

PATIENCE = 5.0
"""s. How long to wait for the rest of a head."""

REST = 1.0
"""s. How long nobody is let in where this process may open no more files."""

_FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


@dataclass(eq=False, slots=True)
class _Arrival:
    connection: socket.socket
    address: str
    until: float = 0.0
    looks_at: float = 0.0
    pause: float = LOOK


class Arrivals:
    """A listening socket, and the connections whose first request has not come.

    Parameters
    ----------
    listener : socket.socket
    selector : selectors.BaseSelector
        Its data are called with the events.
    pass_on : callable
    """

    def __init__(
        self, listener: socket.socket, selector: selectors.BaseSelector, pass_on: PassOn
    ) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._selector = selector
        self._pass_on = pass_on
        self._partly: list[_Arrival] = []
        self._opens_at: float | None = None

    def open(self) -> None:
        """Let in who comes."""
        self._opens_at = None
        self._selector.register(self._listener, selectors.EVENT_READ, self._let_in)

    def close(self) -> None:
        """Let nobody in any more: the port is free."""
        self._pause()
        self._opens_at = None
        self._listener.close()

    def let_go(self) -> None:
        """Give up everything, in a process that has only inherited it."""
        self._listener.close()
        for arrival in self._partly:
            arrival.connection.close()

    @property
    def patience(self) -> float:
        """Seconds after which `look_again` has something to do, at the earliest."""
        return LOOK if self._partly else 0.25

    def look_again(self) -> None:
        """Pass on whose head has come whole, or has had its time; open again after a rest."""
        now = time.monotonic()
        self._partly = [
            arrival
            for arrival in self._partly
            if arrival.looks_at > now or not self._is_done(arrival)
        ]
        if self._opens_at is not None and now >= self._opens_at:
            self.open()

    def _pause(self) -> None:
        with suppress(KeyError, ValueError):  # it was not open
            self._selector.unregister(self._listener)

    def _let_in(self, _events: int) -> None:
        while True:
            try:
                connection, (address, *_) = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _FULL:
                    self._pause()
                    self._opens_at = time.monotonic() + REST
                return  # else a browser was gone before it was let in
            connection.setblocking(False)
            arrival = _Arrival(connection, address)
            self._selector.register(connection, selectors.EVENT_READ, partial(self._meet, arrival))

    def _meet(self, arrival: _Arrival, _events: int) -> None:
        """A request has begun to come, or the browser has gone."""
        self._selector.unregister(arrival.connection)
        arrival.until = time.monotonic() + PATIENCE
        if not self._is_done(arrival):
            self._partly.append(arrival)

    def _is_done(self, arrival: _Arrival) -> bool:
        """Pass a connection on, or end it; False where its head is still to come."""
        try:
            head = arrival.connection.recv(HEAD, socket.MSG_PEEK)
        except BlockingIOError:  # nothing after all
            return False
        except OSError:
            head = b""
        if not head:
            arrival.connection.close()
            return True
        now = time.monotonic()
        if END not in head and len(head) < HEAD and now < arrival.until:
            arrival.looks_at, arrival.pause = now + arrival.pause, 2 * arrival.pause
            return False
        self._pass_on(arrival.connection, known_by(head, arrival.address, meets))
        return True
