"""The answers by which an endpoint refuses a request: always the same JSON, whose ``message`` boto3 shows to its
user.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

RETRY_SECONDS = 1  # after which a busy endpoint may be asked again


def refusal_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Returns ``{"message": <one sentence>, "error": <the name of the status>}``.

    An answer 503 tells the client when to ask again.
    """
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": str(RETRY_SECONDS), **(headers or {})}
    return JSONResponse({"message": message, "error": HTTPStatus(status).phrase}, status, headers)
