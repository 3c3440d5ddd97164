"""The answers by which an endpoint refuses a request: always the same JSON, whose ``message`` boto3 shows to its
user.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse


def refusal_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Returns ``{"message": <one sentence>, "error": <the name of the status>}``. An answer 503 tells the client to ask
    again after a second.
    """
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": "1", **(headers or {})}
    return JSONResponse({"message": message, "error": HTTPStatus(status).phrase}, status, headers)
