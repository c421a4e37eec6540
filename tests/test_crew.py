"""Parts of a server of several processes, each by itself."""

import asyncio
import os
import selectors
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis.strategies import text
from starlette.types import Message, Receive, Scope, Send

from dashboard.crew import arrivals
from dashboard.crew.arrivals import Arrivals
from dashboard.crew.board import Board
from dashboard.crew.channel import Channel
from dashboard.crew.destination import known_by
from dashboard.crew.meeting import meets
from dashboard.crew.reception import Reception
from dashboard.crew.worker import ForOneBrowser, Worker
from dashboard.places import Room
from dashboard.tickets import is_ticket, new_ticket, share
from tests.test_crowds import LARGEST

TICKET = "Abc_efghijklmnopqrst-v"


# Tickets


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_tickets_lead_to_the_worker_that_gives_them(workers: int) -> None:
    for worker in range(workers):
        given = {new_ticket(worker, workers) for _ in range(50)}
        assert len(given) == 50
        assert all(map(is_ticket, given))
        assert {share(ticket, workers) for ticket in given} == {worker}


def test_shares_are_the_same_in_every_process() -> None:
    """CRC-32 of the ASCII digits is 0xCBF43926 by its definition."""
    assert share("123456789", 2**32) == 0xCBF43926
    assert share("123456789", 1000) == 0xCBF43926 % 1000


# Whose a connection is


def never(_path: str, _query: str) -> bool:
    return False


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


@pytest.mark.parametrize("path", ["/", "/fans", "/_stcore/stream", "/media/a.csv", "/a.js"])
@pytest.mark.parametrize(
    "cookie",
    [
        f"Cookie: vscore_place={TICKET}",
        f"cookie:vscore_place={TICKET}",
        f"COOKIE: a=b; vscore_place={TICKET}; c=d",
        f"Cookie: _xsrf=2|1;vscore_place={TICKET}",
    ],
)
def test_a_browser_is_known_by_its_ticket(path: str, cookie: str) -> None:
    forwarded = "X-Forwarded-For: 10.0.0.1"
    assert known_by(head(path, forwarded, cookie), "10.0.0.2", never) == TICKET


@pytest.mark.parametrize(
    "path", ["/", "/?v=1&scale=0.5", "/compare", "/lessons?lesson=the.cut", "/app/fans"]
)
def test_anybody_may_answer_a_page_without_a_ticket(path: str) -> None:
    assert known_by(head(path), "10.0.0.2", never) is None
    assert known_by(head(path, "X-Forwarded-For: 10.0.0.1"), "10.0.0.2", never) is None


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/stream",
        "/app/_stcore/stream",
        "/media/abc.csv",
        "/healthz",
        "/readyz",
        "/static/js/index.js",
        "/favicon.png?x=1",
    ],
)
def test_without_a_ticket_all_else_goes_by_the_address(path: str) -> None:
    assert known_by(head(path), "10.0.0.2", never) == "10.0.0.2"
    forwarded = head(path, "x-forwarded-for: 10.0.0.1, 9.9.9.9")
    assert known_by(forwarded, "10.0.0.2", never) == "10.0.0.1"


@pytest.mark.parametrize(
    "cookie",
    [
        "Cookie: vscore_place=short",
        f"Cookie: vscore_place={TICKET}x",
        f"Cookie: other_vscore_place={TICKET}",
        f"X-Cookie: vscore_place={TICKET}",
        f"Referer: /?vscore_place={TICKET}",
    ],
)
def test_what_is_no_ticket_counts_for_nothing(cookie: str) -> None:
    assert known_by(head("/media/a.csv", cookie), "10.0.0.2", never) == "10.0.0.2"


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [("/?v=1&a=%20b", "", "v=1&a=%20b"), ("/", "", ""), ("/train?x=1/2?3", "train", "x=1/2?3")],
)
def test_who_open_one_long_work_meet(target: str, path: str, query: str) -> None:
    asked = []

    def meets(*page: str) -> bool:
        asked.append(page)
        return True

    key = known_by(head(target), "10.0.0.2", meets)
    assert asked == [(path, query)]
    assert key == known_by(head(target, "X-Forwarded-For: 1.2.3.4"), "10.0.0.3", meets)
    assert key != known_by(head(target + "&y=1"), "10.0.0.2", meets)


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("", "", False),
        ("", LARGEST, True),
        ("compare", LARGEST, True),
        ("", "v=1&input_dim=8192&units=8192", True),
        ("compare", "v=1&settings=2&b.act=tanh", False),
        ("", "v=1&width=1e400&depth=%00&networks=%FF", False),
        ("train", "", True),
        ("guide", "", False),
    ],
)
def test_long_work_is_told_by_its_link(path: str, query: str, expected: bool) -> None:
    assert meets(path, query) is expected


@given(text(), text())
def test_any_link_can_be_told(path: str, query: str) -> None:
    assert meets(path, query) in (True, False)


# The channel


@pytest.fixture
def channel() -> Iterator[tuple[Channel, Channel]]:
    one, other = Channel.pair()
    yield one, other
    one.close()
    other.close()


def connection() -> tuple[socket.socket, socket.socket]:
    """Both ends of one over TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = socket.create_connection(listener.getsockname())
        there, _ = listener.accept()
    return here, there


def test_packets_come_whole_and_in_order(channel: tuple[Channel, Channel]) -> None:
    one, other = channel
    sent = [{"do": "sit", "to": n, "text": "é" * n} for n in range(50)]
    assert all(one.send(packet) for packet in sent)
    assert [packet for packet, _ in other.received()] == sent
    assert list(other.received()) == []


def test_connections_change_hands(channel: tuple[Channel, Channel]) -> None:
    one, other = channel
    here, there = connection()
    with here:
        one.send({"do": "serve"}, there)
        assert there.fileno() == -1, "only the other end has it"
        ((packet, given),) = other.received()
        assert packet == {"do": "serve"}
        assert given is not None
        with given:
            assert not given.get_inheritable()
            here.sendall(b"hello")
            assert given.recv(5) == b"hello"


def test_nothing_is_lost_where_there_is_no_room(channel: tuple[Channel, Channel]) -> None:
    one, other = channel
    count = 0
    while one.send({"do": "greet", "n": count}):
        count += 1
        assert count < 100_000
    here, there = connection()
    with here:
        assert not one.send({"do": "serve"}, there)
        assert there.fileno() >= 0, "kept until it can be sent"
        found = [packet for packet, _ in other.received()]
        assert one.flush()
        rest = list(other.received())
        assert [each["n"] for each in found + [packet for packet, _ in rest[:-1]]] == list(
            range(count + 1)
        )
        last, given = rest[-1]
        assert last == {"do": "serve"}
        assert given is not None
        given.close()


def test_the_other_end_s_death_is_noted(channel: tuple[Channel, Channel]) -> None:
    one, other = channel
    one.send({"do": "ready"})
    one.close()
    found = other.received()
    assert next(found)[0] == {"do": "ready"}
    with pytest.raises(EOFError):
        next(found)
    here, there = connection()
    with here:
        assert other.send({"do": "serve"}, there), "nobody to wait for"
        assert there.fileno() == -1
        assert here.recv(1) == b"", "the browser is told"


# The board


def test_board_sums_what_the_others_use() -> None:
    board = Board(3)
    lines = [board.line(number) for number in range(3)]
    for line, cores in zip(lines, (2, 1, 1000), strict=True):
        line.hear(cores)
    assert [line.cores() for line in lines] == [256, 257, 3]
    lines[1].hear(0)
    assert lines[0].cores() == 255


def test_processes_that_are_forked_share_a_board() -> None:
    board = Board(2)
    if not os.fork():
        board.line(1).hear(3)
        os._exit(0)
    os.wait()
    assert board.line(0).cores() == 3


# Places, asked at the door


def test_reception_answers_for_the_room() -> None:
    reception, seats = Reception(Room(1)), Counter[str]()
    ask = {"to": 7, "ticket": None, "new": TICKET}
    answer = reception.answer({"do": "has_room", "to": 1, "ticket": None}, seats)
    assert answer == {"do": "answer", "to": 1, "is": True}
    assert reception.answer({"do": "enter", **ask}, seats) == {
        "do": "answer",
        "to": 7,
        "is": TICKET,
    }
    assert not seats, "a page is no socket"
    other = {**ask, "new": "B" * 22}
    assert reception.answer({"do": "enter", **other}, seats)["is"] is None  # type: ignore[index]
    taking = {**ask, "ticket": TICKET, "again": False}
    assert reception.answer({"do": "sit", **taking}, seats)["is"] == TICKET  # type: ignore[index]
    assert seats == {TICKET: 1}
    taken = reception.answer({"do": "taken", "to": 2}, seats)
    assert taken == {"do": "answer", "to": 2, "is": 1}
    leaving = {"do": "leave", "ticket": TICKET, "for_good": True}
    assert reception.answer(leaving, seats) is None
    assert dict(seats) == {}
    assert reception.answer({"do": "taken", "to": 3}, seats)["is"] == 0  # type: ignore[index]
    with pytest.raises(ValueError, match="'dance'"):
        reception.answer({"do": "dance", "to": 4}, seats)


def test_who_sat_with_a_lost_worker_is_expected_back() -> None:
    room = Room(2)
    reception, seats = Reception(room), Counter[str]()
    room.enter(None, TICKET)
    room.greet(TICKET)
    reception.answer(
        {"do": "sit", "to": 1, "ticket": TICKET, "new": "B" * 22, "again": False}, seats
    )
    reception.gone(seats)
    assert room.taken == 1, "held for a while"
    assert room.sit(TICKET, again=True) == TICKET


# Arrivals


@dataclass(frozen=True, slots=True)
class Lobby:
    """Arrivals that are open, the keys of those passed on, what wakes them, and their port."""

    arrivals: Arrivals
    keys: list[str | None]
    selector: selectors.BaseSelector
    port: int

    @property
    def watched(self) -> int:
        """How many sockets are waited for."""
        return len(self.selector.get_map())

    def turn(self) -> None:
        """What the door does again and again."""
        for key, events in self.selector.select(0.01):
            key.data(events)
        self.arrivals.look_again()

    def turn_until(self, count: int) -> None:
        """Until so many have been passed on."""
        for _ in range(300):
            if len(self.keys) == count:
                return
            self.turn()
        raise AssertionError(self.keys)


@pytest.fixture
def lobby(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lobby]:
    keys: list[str | None] = []

    def pass_on(connection: socket.socket, key: str | None) -> None:
        keys.append(key)
        connection.close()

    monkeypatch.setattr(arrivals, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener, selectors.DefaultSelector() as wait:
        found = Arrivals(listener, wait, pass_on)
        found.open()
        yield Lobby(found, keys, wait, listener.getsockname()[1])


def test_heads_in_pieces_are_waited_for(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "PATIENCE", 60.0)
    whole = head("/fans.js", f"Cookie: vscore_place={TICKET}")
    with socket.create_connection(("127.0.0.1", lobby.port)) as slow:
        slow.sendall(whole[:20])
        for _ in range(5):
            lobby.turn()
        assert lobby.keys == []
        with socket.create_connection(("127.0.0.1", lobby.port)) as quick:
            quick.sendall(head("/"))
            lobby.turn_until(1)
            assert lobby.keys == [None], "nobody waits for the slow one"
        slow.sendall(whole[20:])
        lobby.turn_until(2)
    assert lobby.keys == [None, TICKET]


def test_a_head_that_never_ends_is_a_server_s_to_refuse(lobby: Lobby) -> None:
    with socket.create_connection(("127.0.0.1", lobby.port)) as slow:
        slow.sendall(b"GET /a.js HTTP/1.1\r\n")
        lobby.turn_until(1)
    assert lobby.keys == ["127.0.0.1"]


def test_who_says_nothing_is_waited_for_and_forgotten_when_gone(lobby: Lobby) -> None:
    with socket.create_connection(("127.0.0.1", lobby.port)):
        for _ in range(5):
            lobby.turn()
        assert lobby.watched == 2
    for _ in range(300):
        lobby.turn()
        if lobby.watched == 1:
            break
    assert lobby.watched == 1
    assert lobby.keys == []


def test_rests_where_no_more_files_may_be_opened(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def accept(self) -> None:
            raise OSError(24, "Too many open files")

        def fileno(self) -> int:
            return listener.fileno()

    listener = lobby.arrivals._listener
    monkeypatch.setattr(arrivals, "REST", 0.1)
    monkeypatch.setattr(lobby.arrivals, "_listener", Full())
    lobby.selector.modify(listener, selectors.EVENT_READ, lobby.arrivals._let_in)
    with socket.create_connection(("127.0.0.1", lobby.port)) as patient:
        patient.sendall(head("/"))
        lobby.turn()
        assert lobby.watched == 0, "it does not ask again and again"
        monkeypatch.setattr(lobby.arrivals, "_listener", listener)
        lobby.turn_until(1)


# A connection that several may use


async def ended(headers: dict[str, str]) -> bool:
    """Whether worker 1 of 2 ends the connection after its answer."""
    one, other = Channel.pair()
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), text.encode()) for name, text in headers.items()]
    worker = Worker(one, 1, 2, 300)
    await ForOneBrowser(app, worker)({"type": "http", "headers": raw}, receive, send)
    one.close()
    other.close()
    return (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize(
    ("headers", "ends"),
    [
        ({}, True),
        ({"cookie": f"vscore_place={new_ticket(1, 2)}"}, False),
        ({"cookie": f"vscore_place={new_ticket(0, 2)}"}, True),
        ({"cookie": f"vscore_place={new_ticket(1, 2)}", "x-forwarded-for": "1.2.3.4"}, True),
    ],
)
def test_a_connection_ends_where_its_next_request_may_be_another_s(
    headers: dict[str, str], ends: bool
) -> None:
    assert asyncio.run(ended(headers)) is ends
