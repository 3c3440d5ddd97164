"""The page of ``semseg check --html``: what was found in a data set, and some of its pictures."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from PIL import Image

from semseg.contract.channels import TRAIN, VALIDATION
from semseg.errors import UserError
from semseg.inspection.inspected import Inspected
from semseg.inspection.show import show
from semseg.plumbing.whole_file import write_text
from semseg.results.data_section import data_section
from semseg.results.markup import data_uri, paragraph, section
from semseg.results.picture_section import Classes
from semseg.results.report_style import STYLE, policy
from semseg.results.tables import escaped

PICTURES = 6  # of each half
SHEET_STYLE = "img.sheet { max-width: 100%; height: auto; border-radius: 8px; background: #fff; }"


def write_page(data: str, found: Inspected, command: str, path: Path) -> Path:
    """Writes one file that needs no network, and returns its path.

    Args:
        data: the folder of the data set.
        found: in it.
        command: what trains on it.
        path: where the page is written; what is there is replaced.
    """
    write_text(path, page(data, found, command))
    return path


def page(data: str, found: Inspected, command: str) -> str:
    """Returns the page as HTML."""
    name = escaped(Path(data).resolve().name)
    verdict = "A job would be refused." if found.is_refused else "Nothing stands in the way of a job."
    names = {each.number: each.name for each in found.classes if each.name}
    parts = (
        *(section(half, f"Pictures of {half}", _sheet(data, half)) for half in (TRAIN, VALIDATION)),
        data_section(found.report.to_json(), (), Classes(names, {})),
        "" if found.is_refused else section("next", "Next", f"<pre>{escaped(command)}</pre>"),
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}: check</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}{SHEET_STYLE}</style>'
        f"</head><body><header><h1>{name}</h1>{paragraph(verdict, 'note' if found.is_refused else 'soft')}</header>"
        f"<main>{''.join(parts)}<footer>Written by semseg.</footer></main></body></html>\n"
    )


def _sheet(data: str, half: str) -> str:
    """Returns pictures of one half with their masks; "" where one of them cannot be used, which the findings tell."""
    with tempfile.TemporaryDirectory(prefix="semseg-check-") as folder, contextlib.suppress(UserError):
        drawn = show(data, Path(folder) / "sheet.png", PICTURES, channel=half)
        words = f"pictures of {half}, each beside itself with its mask laid over"
        with Image.open(drawn) as sheet:
            return f'<img class="sheet" alt="{words}" src="{data_uri(sheet, "JPEG")}">'
    return ""
