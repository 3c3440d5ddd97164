"""The token of the consoles of one home: made once, so that open pages still answer after a restart."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from semseg.errors import PlatformError
from semseg.plumbing.regular_file import read_regular

NAME = "console.token"
_FORM = re.compile(rb"[A-Za-z0-9_-]{32,64}")
_MOST = 64  # bytes


def kept_token(home: Path) -> str:
    """Returns the token that a file of the home has, which only its owner can read; one that is not there is made.

    If the file is removed, the next console has another token, and no link and no page of before is good any more.

    Raises:
        PlatformError: the file can neither be read nor made, or holds no token.
    """
    path = home / NAME
    try:
        with suppress(FileExistsError):
            _make(path)
        content = read_regular(path, _MOST)
    except OSError as error:
        raise PlatformError(f"{path} must be a file that can be read ({error.strerror}): remove it") from error
    if not _FORM.fullmatch(content):
        raise PlatformError(f"{path} must hold the token of the console, and does not: remove it")
    return content.decode()


def _make(path: Path) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(secrets.token_urlsafe(32).encode())
