"""Templates become pages. All text is escaped; a name that a template has no value for is an error."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from semseg import __version__
from semseg.console import words
from semseg.console.navigation import AREAS

STATIC = Path(__file__).with_name("static")
FOREVER = "max-age=31536000, immutable"  # of a static file, whose address changes with its content
_DIGITS = 12


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Returns the one environment of all templates."""
    made = Environment(
        loader=PackageLoader("semseg.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=static_address, areas=AREAS, version=__version__)
    made.filters.update(words.FILTERS)
    return made


def render(template: str, **values: object) -> str:
    """Returns a page as HTML.

    Args:
        template: the name of a file in the folder templates.
        values: what it shows; ``area`` is the address of the area that the page belongs to.
    """
    return environment().get_template(template).render(values)


@lru_cache(maxsize=64)
def static_address(name: str) -> str:
    """Returns the address of a static file, which changes with its content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:_DIGITS]}"
