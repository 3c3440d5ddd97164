"""Ground Truth's output manifests become the folders of a job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from semseg.conversion.ground_truth import from_ground_truth
from semseg.errors import ChannelError
from tests.conversion.annotation_files import masks_of, write_mask, write_pictures

COLOURS = {
    "0": {"class-name": "BACKGROUND", "hex-color": "#ffffff", "confidence": 0.9},
    "1": {"class-name": "car", "hex-color": "#2ca02c", "confidence": 0.9},
    "2": {"class-name": "tree", "hex-color": "#1f77b4", "confidence": 0.9},
}
FOLDERS = {"s3://bucket/streets": "pictures", "s3://bucket/output": "masks"}


def line(name: str, colours: Any = COLOURS, **more: Any) -> dict[str, Any]:
    return {
        "source-ref": f"s3://bucket/streets/{name}.png",
        "my-street-ref": f"s3://bucket/output/{name}.png",
        "my-street-ref-metadata": {"internal-color-map": colours, "type": "groundtruth/semantic-segmentation"},
        **more,
    }


def write_manifest(folder: Path, lines: list[Any]) -> Path:
    path = folder / "output.manifest"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


def write_palette_mask(path: Path, values: list[int], colours: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    picture = Image.fromarray(np.tile(np.repeat(np.array(values, np.uint8), 4), (6, 1)))
    picture.putpalette([part for colour in colours for part in bytes.fromhex(colour[1:])])
    picture.save(path)


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    write_pictures(tmp_path / "pictures", ["a.png", "b.png"])
    write_palette_mask(tmp_path / "masks" / "a.png", [1, 2], ["#ffffff", "#2ca02c", "#1f77b4"])
    write_palette_mask(tmp_path / "masks" / "b.png", [0, 1], ["#ffffff", "#1f77b4", "#2ca02c"])  # 1 is a tree here
    return {prefix: tmp_path / folder for prefix, folder in FOLDERS.items()}


def test_the_colour_counts_where_palettes_disagree(tmp_path: Path, folders: dict[str, Path]) -> None:
    manifest = write_manifest(tmp_path, [line("a"), line("b")])
    result = from_ground_truth(manifest, tmp_path / "data", folders=folders, validation=0.5)
    assert result.classes == ("background", "car", "tree")
    assert masks_of(result)["a"][0].tolist() == [1] * 4 + [2] * 4
    assert masks_of(result)["b"][0].tolist() == [0] * 4 + [2] * 4


def test_the_names_count_where_the_lines_number_classes_otherwise(tmp_path: Path, folders: dict[str, Path]) -> None:
    turned = {"0": COLOURS["0"], "1": COLOURS["2"], "2": COLOURS["1"]}
    write_mask(tmp_path / "masks" / "b.png", np.tile(np.repeat([0, 1], 4), (6, 1)))  # without colours: its values
    manifest = write_manifest(tmp_path, [line("a"), line("b", turned)])
    result = from_ground_truth(manifest, tmp_path / "data", folders=folders, background=None, validation=0.5)
    assert result.classes == ("car", "tree")
    assert masks_of(result)["b"][0].tolist() == [255] * 4 + [1] * 4


def test_lines_that_were_not_labelled_are_left_out_with_their_numbers(tmp_path: Path, folders: dict[str, Path]) -> None:
    failed = {"source-ref": "s3://bucket/streets/c.png", "my-street-ref-metadata": {"failure-reason": "skipped"}}
    manifest = write_manifest(tmp_path, [failed, line("a"), failed, line("b")])
    result = from_ground_truth(manifest, tmp_path / "data", folders=folders, validation=["a"])
    assert result.warnings == (
        "line 1 of output.manifest and line 3 of output.manifest: it has no label, as of a picture that was not "
        "labelled, and is left out",
    )


def test_polygons_are_drawn(tmp_path: Path, folders: dict[str, Path]) -> None:
    pytest.importorskip("pycocotools")
    vertices = [{"x": x, "y": y} for x, y in ((0, 0), (4, 0), (4, 6), (0, 6))]
    labels = {"annotatedResult": {"polygons": [{"label": "car", "vertices": vertices}]}}
    lines = [
        {"source-ref": (tmp_path / "pictures" / f"{name}.png").as_uri(), "shapes": labels, "shapes-metadata": {}}
        for name in "ab"
    ]
    result = from_ground_truth(write_manifest(tmp_path, lines), tmp_path / "data", validation=0.5)
    assert result.classes == ("background", "car")
    assert masks_of(result)["pictures/a"][0].tolist() == [1] * 4 + [0] * 4


def test_every_line_that_cannot_be_used_is_told(tmp_path: Path, folders: dict[str, Path]) -> None:
    boxes = {"annotations": [{"class_id": 0, "left": 1, "top": 1, "width": 2, "height": 2}], "image_size": []}
    lines = [
        [],
        line("a", **{"source-ref": "s3://other/a.png"}),
        line("a", **{"source-ref": "file:///etc/hostname"}),
        line("a", **{"my-street-ref": "s3://bucket/output/../a.png"}),
        {"source-ref": "s3://bucket/streets/a.png", "boxes": boxes, "boxes-metadata": {}},
        line("a", {"0": {"class-name": "car", "hex-color": "reddish"}}),
        line("a", **{"other-ref": "s3://bucket/output/a.png"}),
    ]
    with pytest.raises(ChannelError) as raised:
        from_ground_truth(write_manifest(tmp_path, lines), tmp_path / "data", folders=folders)
    told = [told.partition(" of output.manifest: ")[2] for told in str(raised.value).splitlines()[1:]]
    assert told == [
        "it must hold a JSON object, got []",
        "'s3://other/a.png' must begin as one of folders does, ['s3://bucket/output/', 's3://bucket/streets/']: "
        'download it, and say where it is, as in folders={"s3://bucket/prefix": "folder"}',
        "'file:///etc/hostname' must be in the manifest's folder or in one of folders",
        f"a picture must be named by a path in {tmp_path / 'masks'}, got '../a.png'",
        "its labels must be a mask's URI or an object with polygons, got bounding boxes, which do not say which pixels "
        "belong to an object",
        "hex-color of class 'car' must be \"#rrggbb\" or [red, green, blue] of 0 to 255, without alpha, got 'reddish'",
        "it must have one attribute of labels, got ['my-street-ref', 'other-ref']: give one of them as attribute",
    ]
