"""What the documents say is true: their links lead somewhere, their Python runs, their names exist."""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from semseg.data.labels.label_map import LabelMap
from tests.conversion.every_format import write_all
from tests.prediction.fake_network import BrightnessNetwork, half_bright, half_mask
from tests.serving.running import jpeg, serving

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))
DOCUMENTS = [path for path in (REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *PAGES) if path.exists()]
ROOMS = sorted(
    path.parent.relative_to(REPOSITORY / "semseg") for path in (REPOSITORY / "semseg").glob("*/**/__init__.py")
)
CLIENTS_ADDRESS = "http://127.0.0.1:8080"  # where the documents' clients expect an endpoint

BLOCK = re.compile(r"^(?P<mark><!-- needs an engine -->\n)?```(?P<language>\w*)\n(?P<code>.*?)^```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)
VARIABLE = re.compile(r"\b(?:SEMSEG|SAGEMAKER)_[A-Z_]+[A-Z]\b")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document; ``needs_engine`` where the line above it says so."""

    language: str
    code: str
    needs_engine: bool


def blocks(text: str, language: str) -> list[Block]:
    found = [Block(block["language"], block["code"], block["mark"] is not None) for block in BLOCK.finditer(text)]
    return [block for block in found if block.language == language]


def without_blocks(text: str) -> str:
    return BLOCK.sub("", text)


def anchors(text: str) -> set[str]:
    """The fragments that GitHub gives the headings of a document."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(without_blocks(text)))
    return {word.strip().replace(" ", "-") for word in words}


def dead_links(document: Path) -> Iterator[str]:
    for target in LINK.findall(without_blocks(document.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = document.parent / unquote(path) if path else document
        if not file.exists() or (fragment and fragment not in anchors(file.read_text())):
            yield target


def by_name(document: Path) -> str:
    return str(document.relative_to(REPOSITORY))


def names_in(files: Sequence[Path]) -> set[str]:
    return {name for file in files for name in VARIABLE.findall(file.read_text())}


def listed_files(text: str) -> list[str]:
    """Returns the files that the list in a room's docstring names, in alphabetical order."""
    docstring = ast.get_docstring(ast.parse(text)) or ""
    return sorted(re.findall(r"``([a-z0-9_]+\.py)``[:,]", docstring))


def run_python(document: Path) -> dict[str, object]:
    """Run the blocks of a document that need no engine, one after the other, and give the names that they leave.

    They find a picture, street.jpg, black on its left and white on its right, and, where they ask one, an endpoint that
    tells the two apart; those of convert.md find a data set in each format.
    """
    Image.fromarray(half_bright(48, 64)).save("street.jpg", quality=95)
    if document.name == "convert.md":
        write_all(Path())
    names: dict[str, object] = {}
    codes = [block.code for block in blocks(document.read_text(), "python") if not block.needs_engine]
    asks_endpoint = any(CLIENTS_ADDRESS in code for code in codes)
    with serving(BrightnessNetwork, name="street") if asks_endpoint else nullcontext() as server:
        for code in codes:
            answered = code.replace(CLIENTS_ADDRESS, f"http://127.0.0.1:{server.port}") if server else code
            exec(compile(answered, f"<{document.name}>", "exec"), names)
    return names


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a test runs in, its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_relative_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert list(dead_links(document)) == []


def test_a_dead_link_and_a_dead_heading_are_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    text = "# One, two\n[yes](#one-two) [yes](a.md) [no](b.md) [no](a.md#three) [far](https://example.org)\n"
    document.write_text(text)
    assert list(dead_links(document)) == ["b.md", "a.md#three"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_python_block_compiles(document: Path) -> None:
    for block in blocks(document.read_text(), "python"):
        compile(block.code, f"<{document.name}>", "exec")


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("document", PAGES, ids=by_name)
def test_every_python_block_that_needs_no_engine_runs(document: Path) -> None:
    run_python(document)


def test_only_a_block_with_the_mark_needs_an_engine() -> None:
    text = "<!-- needs an engine -->\n```python\na\n```\n\n```python\nb\n```\n```sh\nc\n```\n"
    assert blocks(text, "python") == [Block("python", "a\n", True), Block("python", "b\n", False)]


def test_the_mask_of_the_data_document_is_written_as_it_says(place: Path) -> None:
    run_python(REPOSITORY / "docs" / "data.md")
    mask = np.array(Image.open(place / "data" / "train_annotation" / "street_1.png"))
    assert mask.shape == (32, 40)
    assert np.bincount(mask.ravel(), minlength=256)[[0, 1, 255]].tolist() == [840, 400, 40]


def test_the_clients_of_the_endpoint_document_read_an_endpoints_answers(place: Path) -> None:
    names = run_python(REPOSITORY / "docs" / "endpoint.md")
    assert np.array_equal(np.array(Image.open(place / "mask.png")), half_mask(48, 64))
    assert np.array_equal(np.asarray(names["mask"]), half_mask(48, 64))
    assert np.array_equal(np.asarray(names["same"]), np.asarray(names["probabilities"]))


def test_the_label_maps_of_the_data_document_mean_what_it_says() -> None:
    maps = [LabelMap.from_json(block.code) for block in blocks((REPOSITORY / "docs" / "data.md").read_text(), "json")]
    many, white, scaled, colours = (label_map.table for label_map in maps)
    assert many[[0, 7, 8, 11, 5, 6, 255]].tolist() == [0, 1, 1, 2, 255, 255, 255]
    assert white[[0, 255]].tolist() == [0, 1]
    assert scaled[[0, 127, 254, 255]].tolist() == [0, 1, 2, 255]
    assert colours[[0, 1, 2, 255]].tolist() == [0, 1, 2, 255]
    assert maps[3].names == {0: "sky", 1: "building", 2: "other"}


def test_the_table_of_a_label_map_is_the_one_that_the_log_shows() -> None:
    text = (REPOSITORY / "docs" / "data.md").read_text()
    first = LabelMap.from_json(blocks(text, "json")[0].code)
    assert "\n".join(first.table_lines(3)) + "\n" in [block.code for block in blocks(text, "")]


def test_the_refusal_in_the_endpoint_document_is_the_endpoints_own() -> None:
    (block,) = blocks((REPOSITORY / "docs" / "endpoint.md").read_text(), "json")
    with serving(BrightnessNetwork) as server:
        reply = server.segment(base64.b64encode(jpeg(np.zeros((8, 8, 3), np.uint8))))
    assert reply.status == 400
    assert json.loads(reply.body) == json.loads(block.code)


def test_the_documents_and_the_code_know_the_same_environment_variables() -> None:
    # SEMSEG_TEST_DATA is for the tests, which are no part of the package
    documented = names_in(DOCUMENTS) - {"SEMSEG_TEST_DATA"}
    assert documented == names_in(sorted((REPOSITORY / "semseg").rglob("*.py")))


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_the_first_lines_of_a_room_name_its_files_and_no_other(room: Path) -> None:
    folder = REPOSITORY / "semseg" / room
    assert listed_files((folder / "__init__.py").read_text()) == sorted(
        path.name for path in folder.glob("*.py") if path.name != "__init__.py"
    )


def test_the_files_of_a_room_are_those_before_a_colon_or_a_comma_in_its_list() -> None:
    text = '"""Cars, as ``road.py`` has them.\n\n- ``a.py``: wheels; ``b.py``, ``c.py``: doors of ``d.py``.\n"""\n'
    assert listed_files(text) == ["a.py", "b.py", "c.py"]
