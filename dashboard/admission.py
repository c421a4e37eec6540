"""Lets in as many as there are places, and gives the others a page to wait on.

The page's request holds a place, which its websocket takes: 320 browsers that come at once are 300
pages and 20 waiting pages before the first websocket is open. The few websockets that come without
a place all the same (a second window, a place held too long) are told to load their page again, and
are then given the waiting page: Streamlit's own would try for ever, saying only "Connecting".
"""

import functools

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.health import Health
from dashboard.tickets import COOKIE, is_ticket
from dashboard.waiting import RETRY, waiting_page

STREAM = "/_stcore/stream"
"""How the path of a session's websocket ends."""

LEAVING = (1000, 1001)
"""Close codes by which a browser says that it goes: RFC 6455, 7.4.1."""

SERVICE_RESTART, TRY_AGAIN_LATER = 1012, 1013  # registered with IANA


class Admission:
    """Counts places, and turns away who finds none.

    Parameters
    ----------
    app : ASGIApp
    health : Health
        Its desk is asked for places; while the server stops, nobody comes in.
    embedded : bool
        Whether pages of other sites may hold the dashboard in a frame.
    """

    def __init__(self, app: ASGIApp, health: Health, embedded: bool) -> None:
        self._app = app
        self._health = health
        self._desk = health.desk
        self._embedded = embedded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"].endswith(STREAM):
            await self._connect(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        ticket, refused = ticket_of(scope), False
        self._desk.greet(ticket)

        async def send_if_admitted(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and _is_page(message):
                refused = not await self._admit(scope, message, ticket)
                if refused:
                    self._desk.turned_away()
                    await self._waiting_page()(scope, receive, send)
            if not refused:
                await send(message)

        await self._app(_unconditional(scope), receive, send_if_admitted)

    async def _admit(self, scope: Scope, start: Message, ticket: str | None) -> bool:
        """Whether the page may be given; whoever gets it takes a ticket with it."""
        if scope["method"] == "HEAD":  # the waiting page's question
            return await self._desk.has_room(ticket)
        given = await self._desk.enter(ticket)
        if given is not None and given != ticket:
            cookie = _cookie(given, scope["scheme"] == "https", self._embedded)
            MutableHeaders(scope=start).append("Set-Cookie", cookie)
        return given is not None

    def _waiting_page(self) -> HTMLResponse:
        headers = {"Cache-Control": "no-store", "Retry-After": str(RETRY)}
        return HTMLResponse(waiting_page(self._desk.limit), 503, headers)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._health.phase == "stopping":
            await WebSocketClose(code=SERVICE_RESTART)(scope, receive, send)
            return
        # Streamlit's page names its session in the third place when it comes again.
        seat = await self._desk.sit(ticket_of(scope), again=len(scope["subprotocols"]) > 2)
        if seat is None:
            await _load_again(scope, receive, send)
            return
        leaving = False

        async def receive_and_note(*, seat: str = seat) -> Message:
            nonlocal leaving
            message = await receive()
            if message["type"] == "websocket.disconnect":
                leaving = message.get("code") in LEAVING
            return message

        try:
            await self._app(scope, receive_and_note, send)
        finally:
            self._desk.leave(seat, for_good=leaving)


def ticket_of(scope: Scope) -> str | None:
    """The ticket that a browser sent with a request, if it has one."""
    header = Headers(scope=scope).get("cookie", "")
    ticket = cookie_parser(header).get(COOKIE, "")
    return ticket if is_ticket(ticket) else None


def _cookie(ticket: str, https: bool, embedded: bool) -> str:
    """The ticket's header. In another site's frame, browsers keep only what came by https."""
    framed = "SameSite=None; Partitioned" if https and embedded else "SameSite=Lax"
    return f"{COOKIE}={ticket}; Path=/; HttpOnly; {framed}" + ("; Secure" if https else "")


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    is_html = headers.get("content-type", "").startswith("text/html")
    return start["status"] == 200 and is_html and "content-disposition" not in headers


def _unconditional(scope: Scope) -> Scope:
    """The request without "only if it has changed": a page already known holds a place, too."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    conditions = (b"if-none-match", b"if-modified-since")
    headers = [pair for pair in scope["headers"] if pair[0].lower() not in conditions]
    return {**scope, "headers": headers}


async def _load_again(scope: Scope, receive: Receive, send: Send) -> None:
    """Make the page load itself again, and close.

    Streamlit's page does so when it finds a server of another version than the one that it began
    with: the only message to that effect which also works inside a frame.
    """
    await receive()  # websocket.connect
    chosen = scope["subprotocols"][0] if scope["subprotocols"] else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    for version in ("0", "1"):
        await send({"type": "websocket.send", "bytes": _new_session(version)})
    reason = "The room is full."
    await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": reason})


@functools.cache
def _new_session(version: str) -> bytes:
    message = ForwardMsg()
    session = message.new_session
    session.initialize.environment_info.streamlit_version = version
    # The page reads from each of these, so they must be there.
    for part in (session.initialize.user_info, session.initialize.session_status, session.config):
        part.SetInParent()
    return bytes(message.SerializeToString())
