"""Two replicas behind nginx: nobody notices that one dies.

The address holds the whole state, so no visitor belongs to a replica.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from dashboard.charts import assets
from tests.guests import Visitor
from tests.proxy import Proxy, proxy
from tests.test_server import ask

if TYPE_CHECKING:
    from tests.conftest import Launch, RunningServer

pytestmark = pytest.mark.alone

VISITORS = [10, 100]


@dataclass(slots=True)
class Pair:
    """Two replicas and what stands before them."""

    proxy: Proxy
    replicas: tuple["RunningServer", "RunningServer"]


@pytest.fixture(scope="module")
def pair(
    server: "RunningServer", launch: "Launch", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Two replicas behind nginx that nobody kills."""
    folder = tmp_path_factory.mktemp("nginx")
    with launch("--no-browser") as other, proxy(folder, server.url, other.url) as before:
        yield Pair(before, (server, other))
        assert before.log == ""


async def opened(url: str, count: int) -> list[Visitor]:
    """Visitors with an experiment each, which they have changed since they opened the page."""
    visitors = [
        Visitor(url, f"v=1&depth={6 + n % 9}&width=32&networks=4&seed={n}") for n in range(count)
    ]
    await asyncio.gather(*(visitor.open() for visitor in visitors))
    await asyncio.gather(*(v.type("seed", 1000 + n) for n, v in enumerate(visitors)))
    return visitors


async def lose(replica: "RunningServer", visitors: list[Visitor]) -> int:
    """Kill a replica, wait until everyone has the same page as before: how many were cut off."""
    before = [visitor.page() for visitor in visitors]
    begin = time.monotonic()
    replica.process.kill()
    cut_off = await asyncio.gather(*(visitor.go_on() for visitor in visitors))
    print(
        f"{sum(cut_off)} of {len(visitors)} cut off, whole after {time.monotonic() - begin:.1f} s"
    )
    for page, visitor in zip(before, visitors, strict=True):
        now = visitor.page()
        assert {name for name in page | now if page.get(name) != now.get(name)} == set()
    return sum(cut_off)


@pytest.mark.slow
@pytest.mark.parametrize("count", VISITORS)
def test_everyone_goes_on_with_the_other_replica(
    launch: "Launch", tmp_path: Path, count: int
) -> None:
    async def lesson(url: str, one: "RunningServer", other: "RunningServer") -> None:
        visitors = await opened(url, count)
        assert [f"seed={1000 + n}" in v.query for n, v in enumerate(visitors)] == [True] * count
        assert len({str(visitor.page()) for visitor in visitors}) == count
        shared = await lose(one, visitors)
        assert abs(shared - count / 2) <= 1 + count / 10, "visitors are shared evenly"
        with launch("--no-browser", "--port", str(urlsplit(one.url).port)) as again:
            assert await lose(other, visitors) == count, "all had moved to the one that was left"
            await asyncio.gather(*(visitor.leave() for visitor in visitors))
        assert again.trouble == []

    with launch("--no-browser") as one, launch("--no-browser") as other:
        with proxy(tmp_path, one.url, other.url) as before:
            asyncio.run(lesson(before.url, one, other))
        assert before.log == ""
        assert one.trouble == other.trouble == []


def test_downloads_from_a_replica_that_the_proxy_has_to_find(pair: Pair) -> None:
    """The page, the websocket and the file may each be asked of another replica."""

    async def made(visitor: Visitor) -> str:
        await visitor.open()
        return await visitor.download("takehome_notebook")

    async def both() -> list[str]:
        visitors = [Visitor(pair.proxy.url, f"v=1&depth=4&width=32&seed={n}") for n in range(2)]
        paths = [await made(visitor) for visitor in visitors]
        await asyncio.gather(*(visitor.leave() for visitor in visitors))
        return paths

    holders = []
    for path in asyncio.run(both()):
        direct = [ask(replica, path) for replica in pair.replicas]
        assert sorted(status for status, _, _ in direct) == [200, 404]
        holders.append([status for status, _, _ in direct].index(200))
        (file,) = (body for status, _, body in direct if status == 200)
        for _ in range(6):  # by turns of each replica first
            status, headers, body = ask(pair.proxy, path)
            assert (status, body) == (200, file)
            assert headers["content-disposition"].startswith("attachment")
    assert set(holders) == {0, 1}, "one visitor a replica"


@pytest.mark.parametrize("path", ["/", "/fans", "/healthz", *assets.FILES])
def test_the_proxy_changes_no_answer(pair: Pair, path: str) -> None:
    packed = {"Accept-Encoding": "gzip"}
    status, headers, body = ask(pair.replicas[0], path, headers=packed)
    for _ in range(3):  # by turns of each replica, of the cache
        proxied = ask(pair.proxy, path, headers=packed)
        assert (proxied[0], proxied[2]) == (status, body)
        changed = {name for name in headers if proxied[1].get(name) != headers[name]}
        assert changed <= {"date", "connection", "set-cookie"}
