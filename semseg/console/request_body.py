"""Reads what a browser sends: forms, and pictures as they are; never more than is allowed."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_OF_A_FORM = 1 << 20  # bytes
MOST_FIELDS = 2000

Form = dict[str, list[str]]


async def read_body(request: Request, most: int) -> bytes:
    """Returns the body of a request.

    Raises:
        HTTPException: 413, it is larger than ``most`` bytes; no more than these is read.
    """
    declared = request.headers.get("content-length", "0")
    body = bytearray()
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


async def read_form(request: Request) -> Form:
    """Returns the fields of an urlencoded form, each with all its values, in their order; empty ones too.

    Raises:
        HTTPException: 413, it is too large; 400, it is no such form.
    """
    body = await read_body(request, MOST_OF_A_FORM)
    form: Form = {}
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, "The form must be urlencoded, as a browser sends it") from None
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def first(form: Form, name: str, default: str = "") -> str:
    """Returns the first value of a field, without spaces around it; the default where there is none."""
    return form.get(name, [default])[0].strip()


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"This may have at most {most >> 20} MiB, and has more")
