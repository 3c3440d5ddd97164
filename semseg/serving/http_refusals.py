"""How an endpoint says no: always the same JSON, whose ``message`` boto3 shows to its user."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse


def refusal_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """``{"message": <one sentence>, "error": <the name of the status>}``; 503 may be asked again after a second."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": "1", **(headers or {})}
    return JSONResponse({"message": message, "error": HTTPStatus(status).phrase}, status, headers)
