"""COCO's annotations become masks, pixel for pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semseg.conversion.coco import from_coco
from semseg.errors import ChannelError
from tests.conversion.annotation_files import HEIGHT, WIDTH, box, coco, masks_of, write_json, write_pictures

DOG_IN_B = {"image_id": 11, "category_id": 90, "iscrowd": 0, "segmentation": [box(0, 0, 2, 1)]}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "images", ["a.png", "b.png"])
    return tmp_path / "images"


def converted(tmp_path: Path, annotations: list[dict[str, Any]], **options: Any) -> dict[str, np.ndarray]:
    file = write_json(tmp_path / "instances.json", coco(annotations))
    return masks_of(from_coco(file, tmp_path / "images", tmp_path / "data", validation=0.5, **options))


def in_a(segmentation: Any, category: int = 3, crowd: int = 0) -> dict[str, Any]:
    return {"image_id": 10, "category_id": category, "iscrowd": crowd, "segmentation": segmentation}


@pytest.mark.usefixtures("images")
def test_polygons_become_the_classes_of_their_categories(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    masks = converted(tmp_path, [in_a([box(1, 2, 4, 5), box(6, 0, 8, 1)]), DOG_IN_B])
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[2:5, 1:4] = expected[0, 6:8] = 1
    assert masks["a"].tolist() == expected.tolist()
    assert np.bincount(masks["b"].ravel()).tolist() == [46, 0, 2]


@pytest.mark.usefixtures("images")
def test_a_smaller_object_lies_on_top_and_a_crowd_below(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    small, large, crowd = (
        in_a([box(2, 2, 4, 4)], 90),
        in_a([box(1, 1, 7, 5)], 3),
        in_a({"size": [HEIGHT, WIDTH], "counts": [0, 12, 36]}, 90, crowd=1),
    )
    masks = converted(tmp_path, [small, large, crowd, DOG_IN_B])
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[:, :2] = 2  # 12 pixels down the columns
    expected[1:5, 1:7] = 1
    expected[2:4, 2:4] = 2
    assert masks["a"].tolist() == expected.tolist()


@pytest.mark.usefixtures("images")
def test_run_lengths_are_read_in_both_forms(tmp_path: Path) -> None:
    coco_mask = pytest.importorskip("pycocotools.mask")
    drawn = np.random.default_rng(3).random((HEIGHT, WIDTH)) < 0.4
    compressed = coco_mask.encode(np.asfortranarray(drawn.astype(np.uint8)))["counts"].decode()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], drawn.T.ravel(), [0]]))).tolist()
    counts = np.diff([0, *edges, drawn.size]).tolist()
    size = [HEIGHT, WIDTH]
    masks = converted(
        tmp_path,
        [
            in_a({"size": size, "counts": compressed}),
            {**DOG_IN_B, "segmentation": {"size": size, "counts": [int(count) for count in counts if count >= 0]}},
        ],
    )
    assert (masks["a"] == 1).tolist() == drawn.tolist()
    assert (masks["b"] == 2).tolist() == drawn.tolist()


@pytest.mark.usefixtures("images")
def test_pixels_of_no_object_are_ignored_where_there_is_no_background(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    masks = converted(tmp_path, [in_a([box(0, 0, 4, 6)]), DOG_IN_B], background=None)
    assert np.unique(masks["a"]).tolist() == [0, 255]
    assert np.unique(masks["b"]).tolist() == [1, 255]


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(("others", "values"), [("background", [0]), ("ignore", [0, 255])])
def test_categories_that_are_no_class_are_told_what_they_become(tmp_path: Path, others: str, values: list[int]) -> None:
    pytest.importorskip("pycocotools")
    masks = converted(tmp_path, [in_a([box(0, 0, 4, 6)]), DOG_IN_B], classes=["dog"], others=others)
    assert np.unique(masks["a"]).tolist() == values
    assert np.unique(masks["b"]).tolist() == [0, 1]


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(tmp_path: Path, images: Path) -> None:
    content = coco(
        [
            in_a([[1, 1, float("inf"), 2, 3, 3]]),
            in_a([]),
            in_a({"size": [HEIGHT, WIDTH], "counts": [40]}),
            in_a({"size": [WIDTH, HEIGHT], "counts": [48]}),
            in_a({"size": [HEIGHT, WIDTH], "counts": "zzzz"}),
            {**DOG_IN_B, "category_id": 4},
            {**DOG_IN_B, "image_id": 99},
            {**DOG_IN_B, "image_id": 98},
        ],
        pictures=2,
    )
    content["images"][1]["file_name"] = "../b.png"
    content["images"].append({"id": 12, "file_name": "c.png", "width": WIDTH, "height": HEIGHT})
    content["annotations"][0]["segmentation"] = [[1, 1, 1e999, 2, 3, 3]]
    text = write_json(tmp_path / "instances.json", content).read_text().replace("Infinity", "1e999")
    (tmp_path / "instances.json").write_text(text)
    with pytest.raises(ChannelError) as raised:
        from_coco(tmp_path / "instances.json", images, tmp_path / "out" / "data")
    lines = str(raised.value).splitlines()
    assert lines[0].endswith("instances.json cannot be converted, 9 problems:")
    told = "\n".join(lines[1:])
    assert "annotations[6] of instances.json and annotations[7] of instances.json: its image_id must be" in told
    assert f"images[1] of instances.json: a picture must be named by a path in {images}, got '../b.png'" in told
    assert f"images[2] of instances.json: there must be a file 'c.png' in {images}" in told
    assert "annotations[0] of instances.json: segmentation must be a finite number, got inf" in told
    assert "annotations[1] of instances.json: segmentation must be a list of polygons, or run lengths, got []" in told
    assert "annotations[2] of instances.json: run lengths must be 0 or more and fill 8 x 6 pixels, got 40" in told
    assert "size must be its picture's [height, width], [6, 8], got [8, 6]" in told
    assert "category_id must be one of [3, 90], got 4" in told
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_is_there_is_not_touched(tmp_path: Path, images: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(ChannelError, match="data must be a new folder, but it is there"):
        from_coco(tmp_path / "none.json", images, tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.usefixtures("images")
def test_two_files_give_training_and_validation(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    file = write_json(tmp_path / "train.json", coco([in_a([box(0, 0, 4, 6)]), DOG_IN_B]))
    write_pictures(tmp_path / "val", ["a.png"])
    other = write_json(tmp_path / "val.json", coco([in_a([box(0, 0, 1, 1)])], pictures=1))
    result = from_coco(
        file,
        tmp_path / "images",
        tmp_path / "data",
        validation_annotations=other,
        validation_images=tmp_path / "val",
        link=True,
    )
    assert (result.training.count, result.validation.count, result.num_classes) == (2, 1, 3)
    assert (tmp_path / "data" / "train" / "a.png").stat().st_nlink == 2
    assert (tmp_path / "data" / "train" / "a.png").samefile(tmp_path / "images" / "a.png")
    assert result.classes == ("background", "cat", "dog")
    assert str(result).splitlines()[1] == (
        "class 0   background   72.9 % of the pixels in 2 pictures for training, "
        " 97.9 % of the pixels in 1 picture for validation"
    )
