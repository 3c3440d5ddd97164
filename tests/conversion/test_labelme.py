"""LabelMe's JSON files become masks, with the pixels that LabelMe gives them."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from semseg.conversion.labelme import from_labelme
from semseg.errors import ChannelError
from tests.conversion.annotation_files import HEIGHT, WIDTH, masks_of, write_json, write_pictures


def shape(label: str, points: Any, kind: str = "polygon", **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}, **more}


def write_labels(folder: Path, name: str, shapes: list[dict[str, Any]], **more: Any) -> None:
    content: dict[str, Any] = {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": f"{name}.png",
        "imageData": None,
    }
    write_json(folder / f"{name}.json", {**content, "imageHeight": HEIGHT, "imageWidth": WIDTH, **more})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the pictures a and b, of which b has one cat of 2 x 2 pixels."""
    write_pictures(tmp_path / "labels", ["a.png", "b.png"])
    write_labels(tmp_path / "labels", "b", [shape("cat", [[0, 0], [1, 1]], "rectangle")])
    return tmp_path / "labels"


def test_rectangles_circles_and_polygons_are_drawn_as_labelme_draws_them(tmp_path: Path, folder: Path) -> None:
    shapes = [
        shape("cat", [[1, 1], [3, 2]], "rectangle"),  # both corners belong to it
        shape("dog", [[6, 4], [6, 5]], "circle"),  # its middle, and a point of its edge
        shape("__ignore__", [[0, 5], [2, 5], [0, 5]]),
    ]
    write_labels(folder, "a", shapes)
    masks = masks_of(from_labelme(folder, tmp_path / "data", validation=0.5))
    assert masks["a"].tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 2, 0],
        [0, 0, 0, 0, 0, 2, 2, 2],
        [255, 255, 255, 0, 0, 0, 2, 0],
    ]
    assert masks["b"].sum() == 4


def test_a_mask_is_put_where_its_points_say_and_what_is_later_lies_on_top(tmp_path: Path, folder: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(np.array([[255, 0], [0, 255]], np.uint8)).save(file, "PNG")
    mask = base64.b64encode(file.getvalue()).decode()
    shapes = [shape("dog", [[0, 0], [7, 5]], "rectangle"), shape("cat", [[3, 4], [4, 5]], "mask", mask=mask)]
    write_labels(folder, "a", shapes, imageHeight=None)
    found = masks_of(from_labelme(folder, tmp_path / "data", validation=0.5))["a"]
    assert np.argwhere(found != 2).tolist() == [[4, 3], [5, 4]]
    assert found[4, 3] == found[5, 4] == 1


def test_the_label_of_the_background_is_labelmes_too(tmp_path: Path, folder: Path) -> None:
    write_labels(
        folder, "a", [shape("dog", [[0, 0], [7, 5]], "rectangle"), shape("_background_", [[0, 0], [3, 5]], "rectangle")]
    )
    result = from_labelme(folder, tmp_path / "data", validation=["b"])
    assert result.classes == ("background", "cat", "dog")
    assert result.training.pixels == {0: 24, 2: 24}


def test_pictures_beside_the_labels_folder_are_found(tmp_path: Path, folder: Path) -> None:
    (folder / "b.json").unlink()
    for name in ("a", "b"):
        write_labels(
            tmp_path / "json", name, [shape("cat", [[0, 0], [1, 1]], "rectangle")], imagePath=f"..\\labels\\{name}.png"
        )
    with pytest.raises(ChannelError) as raised:
        from_labelme(tmp_path / "json", tmp_path / "data")
    assert str(raised.value).endswith(
        f"1 problem:\na.json and b.json: a picture must be named by a path in {tmp_path / 'json'} (or give the folder "
        "of all pictures as images), got a path out of it"
    )
    result = from_labelme(tmp_path / "json", tmp_path / "data", images=folder, validation=0.5)
    assert sorted(masks_of(result)) == ["a", "b"]


def test_each_bad_shape_is_told(tmp_path: Path, folder: Path) -> None:
    shapes = [
        shape("cat", [[0, 0], [1, 1]], "linestrip"),
        shape("cat", [[0, 0], [1, 1]]),
        shape("", [[0, 0], [1, 1]], "rectangle"),
        shape("cat", [[0, 0], [1, 1]], "mask", mask="no base64!"),
        shape("cat", [[0, 0], [1, "x"]], "rectangle"),
        shape("cat", [[0, 0], [1e6, 1]], "rectangle"),
    ]
    write_labels(folder, "a", shapes)
    with pytest.raises(ChannelError) as raised:
        from_labelme(folder, tmp_path / "data")
    told = str(raised.value).splitlines()
    assert len(told) == 7
    assert told[1].startswith("shapes[2] of a.json: label must be a text of 1 to 200 characters")
    assert told[2].startswith("shapes[0] of a.json: shape_type must be one of polygon, rectangle, circle")
    assert told[3] == "shapes[1] of a.json: a polygon must have 3 or more points, got 2"
    assert told[4].startswith("shapes[3] of a.json: mask must be a PNG picture in base64")
    assert told[5] == "shapes[4] of a.json: points must be a finite number, got 'x'"
    assert told[6].endswith("points must lie in the picture of 8 x 6 pixels or near it, got numbers from 0 to 1e+06")


def test_a_picture_that_was_turned_since_is_told_by_its_size(tmp_path: Path, folder: Path) -> None:
    write_labels(folder, "a", [], imageHeight=WIDTH, imageWidth=HEIGHT)
    with pytest.raises(ChannelError, match=r"a.json: its picture must have the size that it was annotated in, 6 x 8"):
        from_labelme(folder, tmp_path / "data")


def test_a_picture_that_exif_turns_keeps_the_masks_size_with_a_warning(tmp_path: Path, folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (folder / "a.png").unlink()
    Image.new("RGB", (HEIGHT, WIDTH)).save(folder / "a.jpg", exif=exif)
    write_labels(folder, "a", [shape("cat", [[0, 0], [7, 0]], "rectangle")], imagePath="a.jpg")
    result = from_labelme(folder, tmp_path / "data", validation=0.5)
    assert masks_of(result)["a"].shape == (HEIGHT, WIDTH)
    assert [sentence.split(":")[0] for sentence in result.warnings] == ["a.jpg"]
    assert "EXIF orientation" in result.warnings[0]
