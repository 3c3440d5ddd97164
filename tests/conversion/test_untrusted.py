"""What others wrote ends in a sentence, whatever it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semseg.conversion.coco import from_coco
from semseg.conversion.ground_truth import from_ground_truth
from semseg.conversion.labelme import from_labelme
from semseg.errors import ChannelError
from tests.conversion.every_format import WRITERS, drawn, write

HUGE = -(10**400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for form in ("coco", "labelme", "ground_truth"):
        assert form in WRITERS
        write(drawn(tmp_path, 1, ("road", "tree")), form, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda content: content["annotations"][0]["segmentation"].update(counts=[HUGE, 5]),
            "run lengths must be 0 or",
        ),
        (lambda content: content["annotations"][0]["segmentation"].update(counts="\ud800"), "as COCO compresses them"),
        (lambda content: content["annotations"][0]["segmentation"].update(counts="o" * 40), "as COCO compresses them"),
        (lambda content: content["annotations"][0].update(segmentation=[[0, 0, HUGE, 1, 2, 2]]), "a finite number"),
        (lambda content: content["annotations"][0].update(image_id=[1]), "image_id must be a whole number"),
        (lambda content: content["annotations"].append(None), "category_id must be a whole number, got None"),
        (lambda content: content["images"][0].update(id=True), "id must be a whole number, got True"),
        (lambda content: content["images"][0].update(width=1e308), "width must be a whole number of 1 to 65535"),
        (lambda content: content["images"][0].update(file_name="a\0b.png"), "a picture must be named by a path in"),
        (lambda content: content["images"][0].update(file_name="x" * 5000), "a picture must be named by a path in"),
        (lambda content: content["images"][0].update(file_name="C:\\a.png"), "a picture must be named by a path in"),
        (lambda content: content["categories"][1].update(name="road"), "each category must have an id and a name"),
        (lambda content: content["categories"][1].update(name="a\nb"), "a text of 1 to 200 characters on one line"),
        (lambda content: content.update(images={}), "images must be a list, got {}"),
        (lambda content: content["images"].append(dict(content["images"][0])), "each picture must have an id"),
    ],
)
def test_a_coco_file_is_told_what_it_breaks(folder: Path, change: Callable[[Any], None], told: str) -> None:
    path = folder / "coco" / "instances.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ChannelError) as raised:
        from_coco(path, folder / "coco" / "images", folder / "out")
    assert told in str(raised.value)
    assert len(str(raised.value)) < 1000
    assert [place.name for place in folder.iterdir() if "out" in place.name] == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "NaN", '{"a": Infinity}', "[" * 100_000, '{"images": ' + "9" * 5000 + "}"],
    ids=["empty", "list", "nan", "infinity", "deep", "long-number"],
)
def test_what_is_no_json_object_is_told(folder: Path, text: str) -> None:
    (folder / "coco" / "instances.json").write_text(text)
    with pytest.raises(ChannelError, match=r"instances\.json: it must (be JSON|hold a JSON object)"):
        from_coco(folder / "coco" / "instances.json", folder / "coco" / "images", folder / "out")


@pytest.mark.parametrize("mask", ["é", "a", "YQ==", None, 5])
def test_a_labelme_mask_that_is_no_picture_is_told(folder: Path, mask: Any) -> None:
    path = folder / "labelme" / "scene_0.json"
    content = json.loads(path.read_text())
    content["shapes"][0]["mask"] = mask
    path.write_text(json.dumps(content))
    with pytest.raises(ChannelError, match=r"1 problem:\nshapes\[0\] of scene_0\.json: (its )?mask"):
        from_labelme(folder / "labelme", folder / "out")


def test_a_colour_map_without_colours_is_read_by_its_values(folder: Path) -> None:
    path = folder / "ground_truth" / "output.manifest"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        for entry in line["objects-ref-metadata"]["internal-color-map"].values():
            del entry["hex-color"]
    path.write_text("\n".join(map(json.dumps, lines)))
    folders = {"s3://bucket": folder / "ground_truth"}
    result = from_ground_truth(path, folder / "data", folders=folders, validation=0.5)
    assert result.classes == ("background", "road", "tree")
    assert set(result.training.pixels) == {0, 1, 2}
