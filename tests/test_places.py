"""Places: every count below is worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.places import ARRIVING, RETURNING, TURNED_AWAY, Room


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def arrive(room: Room) -> str:
    """A browser that keeps tickets loads the page and opens its socket."""
    ticket = room.enter(None)
    assert ticket is not None
    assert room.sit(ticket) == ticket
    return ticket


def test_pages_hold_the_places_that_their_sockets_take(clock: Clock) -> None:
    room = Room(300, clock)
    tickets = [room.enter(None) for _ in range(320)]  # all before the first socket
    assert tickets.count(None) == 20
    inside = [ticket for ticket in tickets if ticket is not None]
    assert len(set(inside)) == room.taken == 300
    for ticket in inside:
        assert room.sit(ticket) == ticket
    assert room.taken == 300
    assert room.enter(None) is None
    assert room.sit(None) is None


def test_leaving_frees_the_place_at_once(clock: Clock) -> None:
    room = Room(1, clock)
    ticket = arrive(room)
    assert not room.has_room(None)
    room.leave(ticket, for_good=True)
    assert room.taken == 0
    assert room.has_room(None)
    arrive(room)


def test_asking_takes_no_place(clock: Clock) -> None:
    room = Room(1, clock)
    assert all(room.has_room(None) for _ in range(5))
    assert room.taken == 0


def test_page_never_used_gives_its_place_back(clock: Clock) -> None:
    room = Room(1, clock)
    room.enter(None)
    clock.wait(ARRIVING - 0.1)
    assert room.taken == 1
    clock.wait(0.2)
    assert room.taken == 0


def test_slow_browser_keeps_its_place_while_it_loads(clock: Clock) -> None:
    room = Room(1, clock)
    ticket = room.enter(None)
    for _ in range(4):
        clock.wait(ARRIVING - 1)
        room.greet(ticket)
    assert room.taken == 1
    assert room.sit(ticket) == ticket


def test_broken_connection_comes_back_to_its_place(clock: Clock) -> None:
    room = Room(1, clock)
    ticket = arrive(room)
    room.leave(ticket, for_good=False)
    assert room.taken == 1
    assert room.enter(None) is None, "a stranger"
    clock.wait(RETURNING - 0.1)
    assert room.sit(ticket, again=True) == ticket
    assert room.taken == 1
    room.leave(ticket, for_good=False)
    clock.wait(RETURNING + 0.1)
    assert room.taken == 0


def test_connection_back_before_its_loss_is_noticed_counts_once(clock: Clock) -> None:
    room = Room(1, clock)
    ticket = arrive(room)
    assert room.sit(ticket, again=True) == ticket
    assert room.taken == 1
    room.leave(ticket, for_good=False)  # the dead one, seconds later
    assert room.taken == 1
    room.leave(ticket, for_good=True)
    assert room.taken == 0


def test_coming_again_is_no_way_round_the_limit(clock: Clock) -> None:
    room = Room(1, clock)
    ticket = arrive(room)
    assert [room.sit(ticket, again=True) for _ in range(3)] == [ticket, None, None]
    assert room.sit(None, again=True) is None
    assert room.sit("A" * 22, again=True) is None


def test_reload_of_a_full_room_keeps_the_place(clock: Clock) -> None:
    room = Room(1, clock)
    ticket = arrive(room)
    assert room.enter(ticket) == ticket  # the new page is asked for while the old one stands
    assert room.taken == 1
    room.leave(ticket, for_good=True)
    assert room.enter(None) is None, "a stranger"
    assert room.sit(ticket) == ticket
    assert room.taken == 1


def test_leaving_soon_after_a_reload_is_leaving(clock: Clock) -> None:
    room = Room(1, clock)
    ticket = arrive(room)
    room.enter(ticket)
    room.leave(ticket, for_good=True)
    room.sit(ticket)
    room.leave(ticket, for_good=True)
    assert room.taken == 0


def test_connection_lost_while_the_page_loads_again_shortens_nothing(clock: Clock) -> None:
    room = Room(2, clock)
    ticket = arrive(room)
    room.enter(ticket)
    room.leave(ticket, for_good=False)
    clock.wait(ARRIVING - 0.1)
    assert room.taken == 1


def test_reload_with_places_free_counts_twice_for_a_moment_only(clock: Clock) -> None:
    room = Room(2, clock)
    ticket = arrive(room)
    assert room.enter(ticket) == ticket
    assert room.taken == 2
    room.leave(ticket, for_good=True)
    assert room.taken == 1
    assert room.sit(ticket) == ticket
    assert room.taken == 1


def test_one_window_too_many_is_refused_its_page_after_its_socket(clock: Clock) -> None:
    room = Room(1, clock)
    ticket = arrive(room)
    assert room.enter(ticket) == ticket, "it may be a reload"
    assert room.sit(ticket) is None, "it was none"
    assert room.enter(ticket) is None
    for _ in range(3):  # the waiting page asks
        clock.wait(TURNED_AWAY - 1)
        assert not room.has_room(ticket)
    room.leave(ticket, for_good=False)
    assert room.enter(ticket) == ticket


def test_second_window_takes_a_second_place(clock: Clock) -> None:
    room = Room(3, clock)
    ticket = arrive(room)
    assert room.enter(ticket) == ticket
    assert room.sit(ticket) == ticket
    assert room.taken == 2
    room.leave(ticket, for_good=True)
    room.leave(ticket, for_good=True)
    assert room.taken == 0


def test_frames_keep_no_ticket_and_count_once(clock: Clock) -> None:
    """Their page's place is the one that nobody has sent a ticket for."""
    room = Room(2, clock)
    keeping = room.enter(None)
    room.greet(keeping)
    assert room.enter(None) is not None  # the frame's page
    seat = room.sit(None)
    assert seat is not None
    assert seat != keeping
    assert room.taken == 2
    assert room.sit(None) is None
    assert room.sit(keeping) == keeping
    room.leave(seat, for_good=False)
    assert room.taken == 1, "who keeps no ticket cannot come back to a place"


def test_who_keeps_tickets_takes_no_frame_s_place(clock: Clock) -> None:
    room = Room(1, clock)
    room.enter(None)
    assert room.sit("C" * 22) is None
    assert room.sit(None) is not None


def test_tickets_of_an_earlier_server_are_good(clock: Clock) -> None:
    room = Room(1, clock)
    assert room.sit("B" * 22, again=True) == "B" * 22
    room.leave("B" * 22, for_good=False)
    assert room.taken == 1, "held for its return"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["enter", "greet", "sit", "again", "leave", "lose", "wait"]),
            st.integers(0, 5),
        ),
        max_size=60,
    )
)
def test_never_more_than_the_limit_and_nothing_is_kept(steps: list[tuple[str, int]]) -> None:
    """Whatever happens in whatever order; and when all have gone, the room is empty."""
    clock = Clock()
    room, tickets, sockets = Room(3, clock), [None, *(c * 22 for c in "ABCDE")], list[str]()
    for act, which in steps:
        match act:
            case "enter":
                room.enter(tickets[which])
            case "greet":
                room.greet(tickets[which])
            case "sit" | "again":
                seat = room.sit(tickets[which], again=act == "again")
                sockets += [] if seat is None else [seat]
            case "leave" | "lose" if sockets:
                room.leave(sockets.pop(which % len(sockets)), for_good=act == "leave")
            case "wait":
                clock.wait(10.0 * which)
        assert room.taken <= 3
        assert len(sockets) <= 6  # each may stand beside its own dead end
    for seat in sockets:
        room.leave(seat, for_good=True)
    clock.wait(ARRIVING + 1)
    assert room.taken == 0
    assert not room._guests
    assert room.enter(None) is not None
