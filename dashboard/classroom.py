"""What a teacher hands out: the link under which this machine is found, and its QR code."""

import io
import socket
from typing import TextIO

import segno

FAR = ("192.0.2.1", "10.255.255.254", "172.31.255.254", "192.168.255.254")
"""Somewhere else: an address that is nobody's (RFC 5737), then one of each kind of local network
(RFC 1918). The second kind is for a network that leads nowhere."""


def own_address() -> str | None:
    """This machine's IPv4 address on its network, or None without one.

    Nobody is asked: connecting a datagram socket sends nothing, it only chooses the way out.
    """
    for host in FAR:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((host, 9))
            except OSError:  # no way there
                continue
            address = str(probe.getsockname()[0])
        if not address.startswith("127."):
            return address
    return None


def announcement(url: str, limit: int, screen: TextIO) -> str:
    """What to print for a class under the link: how many may come in, and the link's QR code.

    Parameters
    ----------
    url : str
    limit : int
    screen : file
        Where it will be printed: a terminal is told the colours, white on black, since a code in
        others may not be read; and one that cannot show block characters gets no code.
    """
    lines = qr_lines(url)
    if screen.isatty():
        lines = [f"\x1b[97;40m{line}\x1b[0m" for line in lines]
    code = "\n".join(lines)
    try:
        code.encode(screen.encoding or "ascii")
    except UnicodeEncodeError:
        code = "(This terminal cannot show the link as a QR code; the dashboard's Share can.)"
    return f"For the class: {limit} places. On this network, open that address or scan it:\n{code}"


def qr_lines(url: str) -> list[str]:
    """A link's QR code in half blocks, light where a block is drawn, with its quiet border."""
    text = io.StringIO()
    segno.make(url, micro=False).terminal(text, border=4, compact=True)
    return text.getvalue().splitlines()
