"""Consoles for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.served import Visitor, console


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A visitor of a console that all tests of a file share: of an empty home."""
    with console(tmp_path_factory.mktemp("shared")) as found:
        yield found


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Visitor]:
    """A visitor of a console whose one root is the folder of the test, with its home in it."""
    with console(tmp_path) as found:
        yield found
