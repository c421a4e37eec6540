"""One HTTP request and its answer, without leaving the event loop."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

HOME = ("127.9.8.7", 0)
"""Where visitors come from: an address of this machine that no server has, so that a log that
holds it has told on a visitor. All of 127.0.0.0/8 is there on Linux."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes
    ----------
    status : int
    headers : mapping of str to str
        Names in lower case; of those given twice, the last.
    cookies : str
        Those that it sets, as the next request sends them.
    body : bytes
    """

    status: int
    headers: Mapping[str, str]
    cookies: str
    body: bytes


async def ask(
    url: str, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> Answer:
    """The answer to one request.

    Raises
    ------
    OSError
        If there is no server.
    ValueError
        If the answer is cut short.
    """
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, local_addr=HOME)
    try:
        sent = {"Host": where.netloc, "Connection": "close", **(headers or {})}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in sent.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        raw = await reader.read()
    finally:
        writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    return _read(head.decode("latin-1"), body)


def _read(head: str, body: bytes) -> Answer:
    first, *lines = head.split("\r\n")
    parts = (line.partition(":") for line in lines)
    pairs = [(name.lower(), text.strip()) for name, _, text in parts]
    cookies = "; ".join(text.partition(";")[0] for name, text in pairs if name == "set-cookie")
    headers = dict(pairs)
    if headers.get("transfer-encoding") == "chunked":
        body = _unchunked(body)
    return Answer(int(first.split()[1]), headers, cookies, body)


def _unchunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        size, _, body = body.partition(b"\r\n")
        count = int(size, 16)
        if not count:
            return b"".join(parts)
        parts.append(body[:count])
        body = body[count + 2 :]
