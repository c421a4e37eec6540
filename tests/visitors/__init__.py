"""A browser's side of Streamlit's protocol, hundreds to a process, for tests that need a crowd.

    async with visit(server.url, "v=1&depth=30") as visitor:
        seconds = await visitor.move("Depth", 40)
        print(visitor.page.inputs["Depth"], visitor.page.texts, visitor.page.charts)

Each keeps what a browser keeps: the page's elements, what its widgets hold, the address, the
messages that the server need not send twice. Nothing is drawn.
"""

from tests.visitors.page import Page
from tests.visitors.visitor import Refused, Visitor, visit

__all__ = ["Page", "Refused", "Visitor", "visit"]
