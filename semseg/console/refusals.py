"""The answers to what cannot be done: a page for a person, JSON for our scripts; both say it in one sentence."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from semseg.console.rendering import render
from semseg.errors import PlatformError, SemsegError

TITLES = {
    HTTPStatus.UNAUTHORIZED: "The token is missing",
    HTTPStatus.FORBIDDEN: "Not from there",
    HTTPStatus.NOT_FOUND: "Nothing is here",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "This machine cannot do that",
}
OTHER = "That cannot be done"  # the title for another status


def refusal(scope: Scope, status: int, message: str) -> Response:
    """Returns the answer by which a request is refused.

    Returns:
        A page where the browser shows it, else ``{"message": ...}``.
    """
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return HTMLResponse(
            render("refusal.html", area="", message=message, title=TITLES.get(HTTPStatus(status), OTHER)), status
        )
    return JSONResponse({"message": message}, status)


def of_http(request: Request, error: Exception) -> Response:
    """Returns the answer to an error that has a status, Starlette's own ones included."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    is_plain = detail in ("", HTTPStatus(status).phrase)
    messages = {404: "There is no such page in this console", 405: "This page cannot be asked in this way"}
    return refusal(request.scope, status, messages.get(status, detail) if is_plain else detail)


def of_semseg(request: Request, error: Exception) -> Response:
    """Returns the answer to an error of semseg's own, whose sentence is for people."""
    return refusal(request.scope, 500 if isinstance(error, PlatformError) else 400, str(error))


HANDLERS = {HTTPException: of_http, SemsegError: of_semseg}
