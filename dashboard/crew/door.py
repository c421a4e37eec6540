"""The first of several processes: takes each connection to a worker, keeps the places, and hires.

It looks at no more of a connection than the head of its first request, and leaves that unread.
"""

import os
import selectors
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import TypeAlias

from dashboard import journal
from dashboard.crew.arrivals import Arrivals
from dashboard.crew.channel import Channel, Packet
from dashboard.crew.reception import Reception
from dashboard.places import Room
from dashboard.tickets import share

Work: TypeAlias = Callable[[Channel, int], object]
"""What a worker does, given its end of the channel and its number, until it is told to stop."""

_STOPS = (signal.SIGINT, signal.SIGTERM)


@dataclass(eq=False, slots=True)
class _Worker:
    number: int
    process: BaseProcess
    channel: Channel
    seats: Counter[str] = field(default_factory=Counter)
    is_ready: bool = False


class Door:
    """A listening socket and its workers.

    Parameters
    ----------
    listener : socket.socket
    room : Room
    workers : int
    work : callable
        Done by each worker in a process of its own, forked from this one.
    ready : callable
        Called once, when all workers answer.
    stopping : tuple of two floats
        Seconds for which new connections are still taken after a signal to stop, and after which
        workers are no longer waited for.
    """

    def __init__(
        self,
        listener: socket.socket,
        room: Room,
        workers: int,
        work: Work,
        ready: Callable[[], object],
        stopping: tuple[float, float],
    ) -> None:
        self._count = workers
        self._work = work
        self._ready = ready
        self._drain, self._grace = stopping
        self._selector = selectors.DefaultSelector()
        self._arrivals = Arrivals(listener, self._selector, self._pass_on)
        self._reception = Reception(room)
        self._workers: dict[int, _Worker] = {}
        self._next = 0
        self._has_opened = self._has_closed = False
        self._stopped_at: float | None = None
        self._failed = False

    def run(self) -> bool:
        """Serve until SIGINT or SIGTERM and until all workers have ended; whether all was well."""
        with self._told_to_stop():
            for number in range(self._count):
                self._hire(number)
            while self._workers:
                for key, events in self._selector.select(self._arrivals.patience):
                    key.data(events)
                self._arrivals.look_again()
                self._keep_time()
        return not self._failed

    @contextmanager
    def _told_to_stop(self) -> Iterator[None]:
        """Let signals stop the loop, and wake it."""
        wakes, woken = socket.socketpair()
        for end in (wakes, woken):
            end.setblocking(False)
        self._selector.register(woken, selectors.EVENT_READ, lambda _: woken.recv(64))
        before = {number: signal.signal(number, self._stop) for number in _STOPS}
        descriptor = signal.set_wakeup_fd(wakes.fileno())
        try:
            yield
        finally:
            signal.set_wakeup_fd(descriptor)
            for number, handler in before.items():
                signal.signal(number, handler)
            for each in (wakes, woken, self._selector):
                each.close()

    def _stop(self, number: int, _frame: object = None) -> None:
        """Tell all workers; by force where somebody presses Ctrl-C once more."""
        again = self._stopped_at is not None and number == signal.SIGINT
        self._stopped_at = self._stopped_at or time.monotonic()
        for worker in self._workers.values():
            worker.process.kill() if again else worker.process.terminate()

    def _keep_time(self) -> None:
        """Close the door, then lose patience, so long after a signal to stop."""
        if self._stopped_at is None:
            return
        since = time.monotonic() - self._stopped_at
        if since > self._drain and not self._has_closed:
            self._has_closed = True
            self._arrivals.close()
        if since > self._grace:
            for worker in self._workers.values():
                worker.process.kill()

    def _pass_on(self, connection: socket.socket, key: str | None) -> None:
        """Give a connection to the worker that its browser belongs to."""
        worker = self._worker_for(key)
        if worker is None:
            connection.close()
        else:
            self._tell(worker, {"do": "serve"}, connection)

    def _worker_for(self, key: str | None) -> _Worker | None:
        """The one to which a key leads, or another while it is not there; without key, in turn."""
        if key is None:
            first, self._next = self._next, (self._next + 1) % self._count
        else:
            first = share(key, self._count)
        numbers = ((first + n) % self._count for n in range(self._count))
        there = (self._workers.get(number) for number in numbers)
        return next((worker for worker in there if worker is not None and worker.is_ready), None)

    def _hire(self, number: int) -> None:
        ours, theirs = Channel.pair()
        process = get_context("fork").Process(target=self._begin, args=(ours, theirs, number))
        # A signal in between would find the door's own handlers in the new process.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        theirs.close()
        worker = self._workers[number] = _Worker(number, process, ours)
        self._selector.register(ours, selectors.EVENT_READ, partial(self._hear, worker))

    def _begin(self, ours: Channel, theirs: Channel, number: int) -> None:
        """What a new process does first: let go of what is the door's, its Ctrl-C as well."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for stop in _STOPS:
            signal.signal(stop, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        # Else a port stays taken, or a channel open, whose owner is gone.
        held = [key.fileobj for key in self._selector.get_map().values()]
        for each in (ours, *held):
            each.close()  # type: ignore[union-attr]  # sockets and channels, no bare numbers
        self._arrivals.let_go()
        self._selector.close()
        self._work(theirs, number)

    def _tell(
        self, worker: _Worker, packet: Packet, connection: socket.socket | None = None
    ) -> None:
        self._attend(worker, all_sent=worker.channel.send(packet, connection))

    def _attend(self, worker: _Worker, *, all_sent: bool) -> None:
        """Be told when a worker says something, or can be told what is still to be said."""
        events = selectors.EVENT_READ | (0 if all_sent else selectors.EVENT_WRITE)
        self._selector.modify(worker.channel, events, partial(self._hear, worker))

    def _hear(self, worker: _Worker, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._attend(worker, all_sent=worker.channel.flush())
        try:
            for packet, _ in worker.channel.received():
                if packet["do"] == "ready":
                    self._welcome(worker)
                elif (answer := self._reception.answer(packet, worker.seats)) is not None:
                    self._tell(worker, answer)
        except EOFError:
            self._lose(worker)

    def _welcome(self, worker: _Worker) -> None:
        worker.is_ready = True
        ready = sum(each.is_ready for each in self._workers.values())
        if not self._has_opened and ready == self._count:
            self._has_opened = True
            self._ready()
            self._arrivals.open()

    def _lose(self, worker: _Worker) -> None:
        """A worker has ended. Another one takes its place, unless it is time to stop."""
        self._selector.unregister(worker.channel)
        worker.channel.close()
        del self._workers[worker.number]
        worker.process.join(1.0)
        worker.process.kill()  # nobody hears it any more
        worker.process.join()
        self._reception.gone(worker.seats)
        if self._stopped_at is not None:
            return
        journal.write("worker lost", code=worker.process.exitcode)
        if worker.is_ready:
            self._hire(worker.number)
        else:  # so would the next one end
            self._failed = True
            self._stop(signal.SIGTERM)
