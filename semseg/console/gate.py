"""Who may ask the console: only a browser of this machine that was given the printed link, and only from our pages."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from semseg.console.refusals import refusal
from semseg.console.settings import LOOPBACK, Settings

OPEN = "/static/"  # holds nothing of anybody
SAFE = ("GET", "HEAD")  # change nothing
TOKEN = "token"  # in the link
SECONDS_KEPT = 30 * 86_400  # of the cookie
# No inline script or style can run, whatever a class, a file or a job is called; blob: and data: are pictures that
# our own scripts made.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser sends no Origin with our own forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Gate:
    """Lets requests pass that bring the right Host, the token, and, where they change something, our Origin.

    - A Host of another name is 400: a foreign page may have its own name point to this machine.
    - Without the token a request is 401. The link brings it once; a cookie that scripts cannot read keeps it.
    - A request that changes something and comes from another page, or does not say from which, is 403.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._token = settings.token
        self._cookie = f"semseg_{settings.port}"  # cookies know no ports
        self._hosts = {f"{name}:{settings.port}" for name in (LOOPBACK, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _answer(self, scope: Scope) -> Response | None:
        """Returns the answer to a request that may not pass; None where it may."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse(f"The Host of a request must be {' or '.join(sorted(self._hosts))}\n", 400)
        if scope["path"].startswith(OPEN) and scope["method"] in SAFE:
            return None
        given = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get(TOKEN)
        if given is not None and scope["method"] in SAFE and self._is_token(given):
            return self._welcome(scope)
        if not self._is_token(self._kept(headers)):
            return refusal(scope, 401, "Open the link that `semseg console` printed: it has a token that this needs")
        if scope["method"] not in SAFE and headers.get("origin") != f"http://{host}":
            return refusal(scope, 403, "Only pages of this console may change something")
        return None

    def _welcome(self, scope: Scope) -> Response:
        """Returns an answer that keeps the token in a cookie and asks for the same page without it."""
        query = [pair for pair in parse_qsl(scope["query_string"].decode("latin-1")) if pair[0] != TOKEN]
        # Not an address of its own choosing: "//name" would be another host.
        path = "/" + scope["path"].lstrip("/")
        answer = RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)
        # Lax, not Strict: a link in a notebook's or an editor's terminal is opened from a foreign page. Nothing that
        # such a link can ask for changes anything.
        answer.set_cookie(self._cookie, self._token, SECONDS_KEPT, httponly=True, samesite="lax")
        return answer

    def _kept(self, headers: Headers) -> str:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return ""
        return "" if found is None else found.value

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())


def _with_headers(send: Send) -> Send:
    """Returns a send that adds our headers to an answer; those that a page gave stay."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers
