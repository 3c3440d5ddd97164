"""The documentation site: built of the pages without a warning, with every page in its navigation and every public name
in its reference."""

from __future__ import annotations

import html
import inspect
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import semseg
from semseg import datasets

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs"
FOREIGN_ADDRESS = re.compile(
    r"""(?:<(?:script|img|link|iframe)[^>]+?(?:src|href)|url\()=?["'(]*(?:https?:)?//[^"')]+"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``scripts/docs`` built the site in."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(REPOSITORY / "scripts" / "docs"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{folder}/index.html\n"
    return folder


def page_names() -> list[str]:
    return sorted(str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md"))


def navigation(page: Path) -> list[str]:
    """Returns the pages that the side of a page leads to, in their order."""
    (tree,) = re.findall(r'<div class="sidebar-tree">(.*?)</div>', page.read_text(), re.S)
    links: list[str] = re.findall(r'href="([^"#]+)\.html"', tree)
    return links


def documented_names(site: Path) -> set[str]:
    """Returns the Python names of the site's inventory: four lines of text, and compressed lines of name, kind, ..."""
    lines = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode().splitlines()
    return {name for name, kind, *_ in map(str.split, lines) if kind.startswith("py:")}


def public_names() -> set[str]:
    """Returns the classes and functions that ``semseg``, ``semseg.data`` and ``semseg.pictures`` offer."""
    own = {f"semseg.{name}" for name in semseg.__all__ if not inspect.ismodule(getattr(semseg, name))}
    of_data = {f"semseg.data.{name}" for name in datasets.__all__}
    return own | of_data | {f"semseg.pictures.{name}" for name in semseg.pictures.__all__}


def test_every_page_is_in_the_navigation_of_the_site(site: Path) -> None:
    assert sorted(navigation(site / "index.html")) == [name for name in page_names() if name != "index"]


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    assert sorted(public_names() - documented_names(site)) == []


def test_a_page_loads_nothing_from_another_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert FOREIGN_ADDRESS.findall(page.read_text()) == [], page


def test_what_a_page_would_load_from_another_host_is_found() -> None:
    text = '<script src="https://a.org/b.js"></script> <img alt="c" src="//d.org/e.png"> <a href="https://f.org">g</a>'
    assert len(FOREIGN_ADDRESS.findall(text)) == 2


def test_what_a_page_quotes_can_be_copied(site: Path) -> None:
    mistakes = html.unescape((site / "data-mistakes.html").read_text())
    assert "in Python: from pathlib import Path; [p.rename(q) for p in list(Path('/data/" in mistakes
