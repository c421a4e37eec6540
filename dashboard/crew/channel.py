"""Packets between the door and a worker: each whole, and in order; some bring a connection."""

import errno
import json
import socket
from collections import deque
from collections.abc import Iterator
from typing import Any, TypeAlias

Packet: TypeAlias = dict[str, Any]
"""What JSON can hold; `do` says what it is about."""

_LARGEST = 4096
_LATER = (errno.EAGAIN, errno.ENOBUFS, errno.ETOOMANYREFS)
"""Too much is under way: of bytes, or of connections."""


class Channel:
    """One end. Nothing here waits.

    Parameters
    ----------
    end : socket.socket
        Of a pair that keeps packets apart.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._unsent: deque[tuple[bytes, socket.socket | None]] = deque()

    @classmethod
    def pair(cls) -> tuple["Channel", "Channel"]:
        """Both ends of a new one."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(one), cls(other)

    def fileno(self) -> int:
        """For who waits until there is something to receive, or room to send."""
        return self._end.fileno()

    def close(self) -> None:
        """Give up this end, and what was not sent."""
        self._end.close()
        for _, connection in self._unsent:
            if connection is not None:
                connection.close()
        self._unsent.clear()

    def send(self, packet: Packet, connection: socket.socket | None = None) -> bool:
        """Send a packet, or keep it where there is no room now; whether all is sent.

        Parameters
        ----------
        packet : Packet
        connection : socket.socket, optional
            The other end has it then, and this process no longer.
        """
        self._unsent.append((json.dumps(packet).encode(), connection))
        return self.flush()

    def flush(self) -> bool:
        """Send what was kept; whether all is sent, or nobody is there to receive it."""
        while self._unsent:
            raw, connection = self._unsent[0]
            try:
                if connection is None:
                    self._end.send(raw)
                else:
                    socket.send_fds(self._end, [raw], [connection.fileno()])
            except OSError as error:
                if error.errno in _LATER:
                    return False
                # Nobody is there: `receive` will say so.
            self._unsent.popleft()
            if connection is not None:
                connection.close()
        return True

    def received(self) -> Iterator[tuple[Packet, socket.socket | None]]:
        """What has come by now.

        Raises
        ------
        EOFError
            If the other end is closed.
        """
        while True:
            try:
                raw, given, _, _ = socket.recv_fds(self._end, _LARGEST, 1)
            except BlockingIOError:
                return
            except OSError as error:
                raise EOFError from error
            if not raw:
                raise EOFError
            yield json.loads(raw), _own(given[0]) if given else None


def _own(descriptor: int) -> socket.socket:
    """A connection that came; other programs that this one starts do not get it."""
    connection = socket.socket(fileno=descriptor)
    connection.set_inheritable(False)
    return connection
