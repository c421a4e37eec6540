"""Random bits, the arrays they are written to, and the threads that ask for them."""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vscore._keys import keys
from vscore._scratch import BLOCK, SCRATCH, Lease
from vscore._streams import STREAM_VERSION, Stream, blocks, check_seed, prepared
from vscore._workers import Cancelled, Monitor, default_threads, map_in_order

# SHA-256 of 1000 integers as little-endian bytes. They guard version 1: a change here needs a
# new STREAM_VERSION, since it changes what every seed draws.
GOLDEN = {
    (0, (), 0): "8fa36da545aa675bc04827a2a2707233eb1a819485d3b68c20e840e9b93d74b6",
    (7, (), 0): "8f39a41a26dc8249e983624f7f17185e945f62f73ea0e04719803148de724b2b",
    (7, (), 1): "a6834c5261b581d61894780c5496c68493feb442fcdf31839724968557988311",
    (7, (2, 5), 0): "a14fe044fb7f2158824e2b66a2ffe4fd5bef6e4ea5531fc6ab320038cd436a03",
    (2**64 - 1, (), 0): "8c2c88805fa1fdabee1aa6e75317b324afb9aa1288ae2c66c70d2190d2c059c8",
}


def first_bits(
    seed: int, path: tuple[int, ...] = (), block: int = 0, count: int = 1000
) -> NDArray[np.int32]:
    return Stream(seed, path).bits(block, count)


@pytest.mark.parametrize("address", GOLDEN)
def test_golden_bits(address: tuple[int, tuple[int, ...], int]) -> None:
    bits = first_bits(*address)
    assert hashlib.sha256(bits.astype("<i4").tobytes()).hexdigest() == GOLDEN[address]


def test_golden_bits_are_of_this_version() -> None:
    assert STREAM_VERSION == 1


def test_bits_are_the_halves_of_raw_sfc64_words_low_half_first() -> None:
    key = np.random.SeedSequence(7, spawn_key=(1, 2, 5, 3))  # version, path, block
    words = np.random.SFC64(key).random_raw(20_000)
    low = (words & np.uint64(0xFFFFFFFF)).astype(np.uint32).view(np.int32)
    high = (words >> np.uint64(32)).astype(np.uint32).view(np.int32)
    bits = first_bits(7, (2, 5), 3, 39_999)
    assert bits.dtype == np.dtype("<i4")
    assert np.array_equal(bits[::2], low)
    assert np.array_equal(bits[1::2], high[:-1])


@given(
    seed=st.integers(0, 2**64 - 1),
    paths=st.integers(0, 6).flatmap(
        lambda words: st.lists(
            st.tuples(*[st.integers(0, 2**32 - 1)] * words), min_size=1, max_size=5
        )
    ),
)
def test_prepared_streams_have_numpy_s_bits(seed: int, paths: list[tuple[int, ...]]) -> None:
    """Their keys are hashed by us, all together; those of later blocks by NumPy."""
    streams = [Stream(seed, path) for path in paths]
    ready = prepared(streams)
    assert list(ready) == streams
    for stream, path in zip(ready, paths, strict=True):
        for block in (0, 1):
            assert np.array_equal(stream.bits(block, 5), first_bits(seed, path, block, 5))


def test_children_of_prepared_streams_are_their_own() -> None:
    (stream,) = prepared([Stream(3, (1,))])
    assert np.array_equal(stream.child(2).bits(0, 8), first_bits(3, (1, 2), 0, 8))


def test_a_key_is_for_its_own_generator() -> None:
    (key,) = keys(3, STREAM_VERSION, np.zeros((1, 1), np.uint32))
    with pytest.raises(AssertionError):
        np.random.PCG64(key)  # type: ignore[arg-type]  # refused


@pytest.mark.parametrize("count", [1, 2, 3, 16_383, 16_385, BLOCK - 1, BLOCK])
def test_fewer_bits_are_a_prefix_of_more(count: int) -> None:
    assert np.array_equal(first_bits(3, (), 0, count), first_bits(3, (), 0, BLOCK)[:count])


ADDRESSES = [
    (0, (), 0),
    (1, (), 0),
    (2**32, (), 0),
    (0, (), 1),
    (0, (1,), 0),
    (0, (0,), 0),
    (0, (0, 1), 0),
    (0, (1, 0), 0),
]


def test_streams_of_other_addresses_are_uncorrelated() -> None:
    """|r| sqrt(n) < 5 for 28 pairs: a right generator fails once in 60 000 runs."""
    count = 100_000
    draws = np.array([first_bits(*address, count) for address in ADDRESSES], dtype=np.float64)
    correlation = np.asarray(np.corrcoef(draws))[np.triu_indices(len(ADDRESSES), 1)]
    assert np.abs(correlation).max() < 5 / count**0.5


def test_bits_are_uniform() -> None:
    """Each of the 32 bits is set half the time: 4.9 standard errors, 3e-5 false alarms in all."""
    bits = first_bits(5, (), 0, BLOCK).view(np.uint32)
    shares = [float(np.mean((bits >> np.uint32(place)) & np.uint32(1))) for place in range(32)]
    assert np.abs(np.array(shares) - 0.5).max() < 4.9 * 0.5 / BLOCK**0.5


def test_a_child_is_further_down_the_path() -> None:
    assert Stream(3, (1,)).child(4, 1) == Stream(3, (1, 4, 1))


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 7])
def test_blocks_cover_every_weight_once(count: int) -> None:
    parts = blocks(count)
    assert [place for part in parts for place in range(part.start, part.stop)] == list(range(count))
    assert all(part.stop - part.start == BLOCK for part in parts[:-1])


def test_the_size_of_a_block_is_part_of_the_stream() -> None:
    assert BLOCK == 262_144


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, "1", True, None])
def test_bad_seeds(seed: object) -> None:
    with pytest.raises(ValueError, match=r"^seed must be an integer in \[0, 1\.84467e\+19\]; got "):
        check_seed(seed)


@given(st.integers(0, 2**64 - 1))
def test_any_64_bits_are_a_seed(seed: int) -> None:
    assert check_seed(seed) == seed
    assert Stream(seed).bits(0, 3).shape == (3,)


def test_scratch_is_a_thread_s_own() -> None:
    others: list[int] = []
    thread = threading.Thread(target=lambda: others.append(SCRATCH.doubles(1).ctypes.data))
    thread.start()
    thread.join()
    assert others[0] != SCRATCH.doubles(1).ctypes.data


def test_a_thread_leaves_its_arrays_to_the_next() -> None:
    made: list[str] = []

    class Arrays:
        def __init__(self) -> None:
            made.append("new")

    spare: deque[Arrays] = deque(maxlen=2)
    leases = [Lease(spare, Arrays) for _ in range(4)]
    assert len({id(lease.held) for lease in leases}) == len(made) == 4
    held = leases.pop().held
    assert list(spare) == [held]
    again = Lease(spare, Arrays)
    assert again.held is held
    assert not spare
    leases.clear()
    assert len(spare) == 2  # no more are kept
    assert len(made) == 4


def test_threads_one_after_another_draw_in_the_same_arrays() -> None:
    places: list[int] = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: places.append(SCRATCH.doubles(1).ctypes.data))
        thread.start()
        thread.join()
    assert len(set(places)) == 1


def test_scratch_is_kept() -> None:
    first, again = SCRATCH.floats(10), SCRATCH.floats(BLOCK)
    assert first.shape == (4, 10)
    assert first.ctypes.data == again.ctypes.data
    assert [a.shape for a in first] == [(10,)] * 4
    assert not any(np.shares_memory(a, b) for a, b in pairwise(again))


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("watched", [False, True])
def test_results_come_in_order(threads: int, watched: bool) -> None:
    def slow_at_first(index: int) -> int:
        time.sleep(0.002 * (index % 3 == 0))
        return index * index

    monitor = Monitor((lambda: None) if watched else None)
    assert list(map_in_order(slow_at_first, 20, threads, monitor)) == [n * n for n in range(20)]


def test_few_results_wait_for_a_slow_reader() -> None:
    """At most twice as many as threads, beside the one that the reader holds."""
    started: list[int] = []
    results = map_in_order(started.append, 100, 2, Monitor())
    for _ in range(10):
        next(results)
    time.sleep(0.05)
    assert len(started) <= 10 + 2 * 2
    results.close()


@pytest.mark.alone
def test_check_is_called_every_20_ms_in_the_caller_s_thread() -> None:
    """While a worker is in one call of 0.3 s. The median gap: a loaded machine delays a few."""
    times: list[float] = []
    callers: set[int] = set()

    def check() -> None:
        times.append(time.perf_counter())
        callers.add(threading.get_ident())

    list(map_in_order(lambda index: time.sleep(0.3), 1, None, Monitor(check)))
    assert callers == {threading.get_ident()}
    assert float(np.median(np.diff(times))) < 0.020


class Stop(Exception):
    """What a cancelling check raises."""


def stop_after(calls: int) -> Callable[[], None]:
    """A check that raises once it has been called so many times."""
    left: Iterator[int] = iter(range(calls, -1, -1))

    def check() -> None:
        if next(left, 0) == 0:
            raise Stop

    return check


@pytest.mark.parametrize("threads", [1, 3])
def test_a_check_that_raises_cancels_what_has_not_started(threads: int) -> None:
    started: list[int] = []

    def work(index: int) -> None:
        started.append(index)
        time.sleep(0.005)

    with pytest.raises(Stop):
        list(map_in_order(work, 1000, threads, Monitor(stop_after(3))))
    assert len(started) < 50


def test_a_tick_stops_a_worker_that_nobody_waits_for() -> None:
    outcome: list[str] = []
    monitor = Monitor(stop_after(2))

    def work(index: int) -> None:
        try:
            for _ in range(1000):
                time.sleep(0.001)
                monitor.tick()
        except Cancelled:
            outcome.append("stopped")
            raise

    with pytest.raises(Stop):
        list(map_in_order(work, 1, 1, monitor))
    assert outcome == ["stopped"]


def test_an_error_in_the_work_reaches_the_caller() -> None:
    def fails(index: int) -> int:
        return 1 // (3 - index)

    with pytest.raises(ZeroDivisionError):
        list(map_in_order(fails, 100, 2, Monitor()))


def test_progress_counts_every_step() -> None:
    seen: list[tuple[int, int]] = []
    monitor = Monitor(progress=lambda done, total: seen.append((done, total)), total=5)
    for _ in map_in_order(lambda index: monitor.tick(), 5, 2, monitor):
        pass
    monitor.look_in()
    assert seen[-1] == (5, 5)
    assert seen == sorted(seen)


def test_a_thread_a_usable_core() -> None:
    assert default_threads(None) >= 1
    assert default_threads(3) == 3


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True])
def test_bad_threads(threads: object) -> None:
    with pytest.raises(ValueError, match=r"^threads must be an integer, at least 1, or None; got "):
        default_threads(threads)  # type: ignore[arg-type]  # that it fails is the test
