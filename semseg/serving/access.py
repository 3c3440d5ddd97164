"""The token that an endpoint may ask for in each request."""

from __future__ import annotations

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from semseg.serving.http_refusals import refusal_response

OPEN = ("/ping", "/live")  # they tell only that the server runs


class TokenGate:
    """Refuses requests without the token, which is sent as RFC 6750 says: Authorization: Bearer <token>."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._expected = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN or self._may_enter(scope):
            await self.app(scope, receive, send)
            return
        message = "This endpoint asks for a token: send the header Authorization: Bearer <token>"
        await refusal_response(401, message, {"WWW-Authenticate": "Bearer"})(scope, receive, send)

    def _may_enter(self, scope: Scope) -> bool:
        values = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(values) != 1:
            return False
        scheme, _, token = values[0].partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._expected)
