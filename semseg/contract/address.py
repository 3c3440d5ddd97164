"""Addresses, which are no paths: Python's pathlib makes ``s3:/bucket/a.jpg`` of ``s3://bucket/a.jpg``."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

from semseg.contract.echoed import echoed
from semseg.errors import UserError

FILE_SCHEME = "file://"
LONGEST_PATH = 4096  # bytes, of Linux
LONGEST_NAME = 255  # bytes, of one part of a path
LOST = "this is what pathlib.Path makes of an address; give the address as a string"
DATA = "data"  # the scheme of an address that holds its content
# One letter and a colon are a drive of Windows, and ``notes:/`` may be a folder's name.
_ADDRESS = re.compile(
    r"\s*(?:(?P<any>[A-Za-z][A-Za-z0-9+.-]+)://|(?P<data>data):[^/]|"
    r"(?P<lost>s3[an]?|gs|gcs|https?|s?ftp|hdfs|az|azure|abfss?|wasbs?|file):/)",
    re.IGNORECASE,
)


def scheme_of(location: str | os.PathLike[str]) -> str | None:
    """Returns the scheme of an address in lower case, such as "s3", "https" or "data"; None of a path.

    It is found also where pathlib has taken one of the two slashes away.
    """
    found = _ADDRESS.match(str(location))
    return None if found is None else (found["any"] or found["data"] or found["lost"]).lower()


def can_be_a_path(text: str) -> bool:
    """Returns whether a file of this machine can have this path: its parts are not too long, and it holds no zero."""
    try:
        length = len(os.fsencode(text))
        longest = max(len(os.fsencode(part)) for part in text.split("/"))
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return length <= LONGEST_PATH and longest <= LONGEST_NAME and "\0" not in text


def location_text(noun: str, location: str | os.PathLike[str]) -> str:
    """Returns a path or an address as text.

    Args:
        noun: what lies there, for the message.

    Raises:
        UserError: it is what pathlib has made of an address.
    """
    text = os.fspath(location)
    if scheme_of(text) not in (None, DATA) and "://" not in text:
        raise UserError(f"{noun} must be a path or an address, got {echoed(text)}: {LOST}")
    return text


def path_text(noun: str, location: str | os.PathLike[str], way_out: str, error: type[UserError] = UserError) -> str:
    """Returns the path that a path or a file:// URI gives, as text; ``file://a`` is relative, as in SageMaker.

    Args:
        noun: what lies there, for the message.
        way_out: what to do with an address; ends the message.
        error: what is raised.

    Raises:
        UserError: it is another address, pathlib has made a path of one, or it cannot be the path of a file.
    """
    text = os.fspath(location)
    scheme = None if text.startswith(FILE_SCHEME) else scheme_of(text)
    if scheme is None:
        path = unquote(text[len(FILE_SCHEME) :]) if text.startswith(FILE_SCHEME) else text
        if not can_be_a_path(path):
            raise error(f"{noun} must be a path or a file:// URI, got {echoed(text)}, and no file can have such a name")
        return path
    if scheme != DATA and "://" not in text:
        way_out = LOST
    raise error(f"{noun} must be a path or a file:// URI on this machine, got {echoed(text)}: {way_out}")
