"""Masks of colours in a job, and the names of its classes, as far as they are known before training."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
from PIL import Image

from semseg.archive.class_names import CLASS_NAMES, read_class_names, write_class_names
from semseg.archive.model_artifact import unpack
from semseg.container.job import class_names
from semseg.container.splits import Split
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.data.listed_label_map import write_label_maps
from tests.container.data_jobs import FIELD, FILE_MODE, checked, field_input, good_job, refused, report_of
from tests.endtoend import CHANNELS, home_at, small_estimator

NAMES = ["sky", "building", "other"]
LISTED = {"colors": {"0": "#4682b4", "1": [250, 50, 83], "2": "51,221,255", "255": "#000000"}, "names": NAMES}


def give_label_maps(directory: JobDirectory, training: object, validation: object | None = None) -> None:
    folder = directory.channel("label_map")
    folder.mkdir()
    for half, content in (("train", training), ("validation", training if validation is None else validation)):
        (folder / f"{half}_label_map.json").write_text(json.dumps(content))
    directory.input_data_config.write_text(json.dumps(dict.fromkeys([*CHANNELS, "label_map"], FILE_MODE)))


def pixels_of_classes(split: Split) -> dict[int, int]:
    """How many pixels of each class, and how many ignored ones, the masks of a half hold."""
    dataset = split.dataset
    assert isinstance(dataset, Dataset)
    counts = np.bincount(np.concatenate([dataset.read(place)[1].ravel() for place in range(len(dataset))]))
    return {int(label): int(counts[label]) for label in np.flatnonzero(counts)}


def test_real_colour_masks_are_read_by_the_colours_of_the_label_map(tmp_path: Path) -> None:
    directory, log = field_input("colour-masks", tmp_path), io.StringIO()
    give_label_maps(directory, LISTED)
    training, validation = checked(directory, log, num_classes=3)
    assert "WARNING" not in log.getvalue()
    assert "label map train: colour #fa3253 -> class 1 (building)" in log.getvalue()
    # counted with Pillow's getcolors: #4682b4, #fa3253, #33ddff and #000000
    assert pixels_of_classes(training) == {0: 4866, 1: 5635, 2: 15286, 255: 1861}
    assert sum(pixels_of_classes(validation).values()) == 2 * 96 * 72
    classes = report_of(directory)["channels"]["train"]["classes"]
    assert [(classes[label]["name"], classes[label]["pixels"]) for label in "012"] == [
        ("sky", 4866),
        ("building", 5635),
        ("other", 15286),
    ]


def test_the_list_of_colours_beside_real_masks_gives_their_label_maps_by_one_call(tmp_path: Path) -> None:
    directory = field_input("colour-masks", tmp_path)
    give_label_maps(directory, {})
    write_label_maps(FIELD / "colour-masks" / "labelmap.txt", directory.channel("label_map"), classes=NAMES)
    training, _ = checked(directory, num_classes=3)
    assert pixels_of_classes(training) == {0: 4866, 1: 5635, 2: 15286, 255: 1861}


def test_real_colour_masks_without_a_label_map_are_refused_once_with_their_colours(tmp_path: Path) -> None:
    assert refused(field_input("colour-masks", tmp_path), num_classes=3) == [
        "4 of 4 masks of channel train_annotation hold several values per pixel, not one class id, and 4 colours, "
        "#33ddff in 15286 pixels, #fa3253 in 5635 pixels, #4682b4 in 4866 pixels and #000000 in 1861 pixels, first "
        "scene_0.png, scene_1.png, scene_2.png and 1 more (likewise 2 of channel validation_annotation): write "
        '{"colors": {"0": "#33ddff", "1": "#4682b4", "2": "#fa3253", "255": "#000000"}} into train_label_map.json and '
        "validation_label_map.json of channel label_map, with your order of classes, and colours to be ignored under "
        'key "255"; convert("L") would make brightness of the colours, not class ids'
    ]


def recoloured(directory: JobDirectory, change: Callable[[np.ndarray], Image.Image]) -> None:
    """Saves each mask of a job anew; ``change`` gets its pixel values."""
    for half in ("train", "validation"):
        for path in directory.channel(f"{half}_annotation").iterdir():
            change(np.array(Image.open(path))).save(path)


def test_rgba_masks_of_other_colours_are_read_whatever_their_alpha(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    colours = np.array([(12, 200, 7, 0), (255, 255, 0, 128)], np.uint8)
    recoloured(directory, lambda mask: Image.fromarray(colours[mask]))
    (tmp_path / "class_dict.csv").write_text("name,r,g,b\nmeadow,12,200,7\nrape,255,255,0\n")
    give_label_maps(directory, {})
    write_label_maps(tmp_path / "class_dict.csv", directory.channel("label_map"))
    training, _ = checked(directory)
    assert pixels_of_classes(training) == {0: 4 * 12, 1: 4 * 12}
    assert (report_of(directory)["refused"], report_of(directory)["warned"]) == (0, 0)


def test_palette_masks_that_disagree_are_read_by_their_colours_where_asked(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    palettes = iter([[(1, 0, 0), (0, 1, 0)], [(0, 1, 0), (1, 0, 0)]] * 3)

    def with_palette(mask: np.ndarray) -> Image.Image:
        palette = next(palettes)
        picture = Image.fromarray(mask if palette[0] == (1, 0, 0) else 1 - mask)
        picture.putpalette([part for colour in palette for part in colour])
        return picture

    recoloured(directory, with_palette)
    give_label_maps(directory, {"colors": {"0": [1, 0, 0], "1": [0, 1, 0]}})
    training, _ = checked(directory)
    assert isinstance(training.dataset, Dataset)
    expected = np.arange(24).reshape(4, 6) % 2
    assert all(np.array_equal(training.dataset.read(place)[1], expected) for place in range(4))
    assert (report_of(directory)["refused"], report_of(directory)["warned"]) == (0, 0)


def test_unlisted_colours_do_not_hide_what_else_is_wrong(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    recoloured(directory, lambda mask: Image.fromarray(np.array([(9, 9, 9), (9, 9, 8)], np.uint8)[mask]))
    (directory.channel("train") / "1.jpg").write_bytes(b"")
    give_label_maps(directory, {"colors": {"0": "#090909", "1": "#ffffff"}}, {"colors": ["#090909", "#090908"]})
    problems = refused(directory)
    assert problems[0].startswith(
        "the masks of channel train_annotation hold 1 colour that the label map does not name"
    )
    assert "colour #090908 in 48 pixels of 4 of 4 masks, 1 away from class 0 (#090909)" in problems[0]
    assert problems[1:] == ["train/1.jpg is empty (0 bytes): a JPEG or PNG picture is needed"]


def test_samples_with_unlisted_colours_are_left_out_where_asked(tmp_path: Path) -> None:
    directory, log = good_job(tmp_path, train=20), io.StringIO()
    recoloured(directory, lambda mask: Image.fromarray(np.array([(9, 9, 9), (9, 9, 8)], np.uint8)[mask]))
    Image.new("RGB", (6, 4), "red").save(directory.channel("train_annotation") / "3.png")
    give_label_maps(directory, {"colors": ["#090909", "#090908"]})
    training, _ = checked(directory, log, bad_samples="skip")
    assert isinstance(training.dataset, Dataset)
    assert [sample.name for sample in training.dataset.samples if sample.name == "3"] == []
    assert len(training.dataset) == 19
    assert "colour #ff0000 in 24 pixels of 1 of 20 masks" in log.getvalue()


def test_findings_show_classes_with_their_names_and_colours(tmp_path: Path) -> None:
    directory, log = good_job(tmp_path), io.StringIO()
    recoloured(directory, lambda mask: Image.fromarray(np.array([(9, 9, 9), (0, 0, 0)], np.uint8)[mask]))
    label_map: Mapping[str, object] = {"colors": {"1": "#090909", "2": "#000000"}, "names": {"0": "sky", "2": "pole"}}
    give_label_maps(directory, label_map, {**label_map, "names": ["sky", "house", "mast"]})
    checked(directory, log, num_classes=4)
    assert "classes 0 (sky) and 3 of num_classes 4 are in no mask of channel train_annotation" in log.getvalue()
    assert "they call class 2 'pole' and 'mast'" in log.getvalue()


def test_one_colour_alone_is_refused_with_the_colours_that_are_there(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    recoloured(directory, lambda mask: Image.fromarray(np.array([(9, 9, 9), (0, 0, 0)], np.uint8)[mask]))
    give_label_maps(directory, {"colors": {"0": "#090909", "255": "#000000"}, "names": ["sky"]})
    assert refused(directory)[0] == (
        "channel train_annotation must hold two classes at least, or there is nothing to learn, got class 0 (sky) of "
        "num_classes 2 alone: colour #090909 in 50 % of the pixels is class 0 (sky), colour #000000 in 50 % is ignored "
        '(by the label map {"colors": {"0": "#090909", "255": "#000000"}, "names": ["sky"]}): give each class its '
        'colours in the label map, {"colors": {"<class>": "#rrggbb"}}'
    )


def test_a_colour_of_a_class_that_the_job_does_not_have_is_refused(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    colours = np.array([(9, 9, 9), (0, 0, 0), (5, 5, 5)], np.uint8)
    recoloured(directory, lambda mask: Image.fromarray(colours[mask + (np.arange(6) == 3)]))
    give_label_maps(directory, {"colors": {"0": "#000000", "1": "#050505", "7": "#090909"}})
    assert refused(directory)[0] == (
        "colour #090909 is in 4 of 4 masks of channel train_annotation (50 % of the pixels), first 0.png, 1.png and "
        "2.png, and is no class of num_classes 2 (likewise 2 of channel validation_annotation): set num_classes to 8, "
        'or give another class or key "255" in the label map'
    )


def test_the_names_of_a_job_are_those_of_its_label_maps(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    assert class_names(directory, 2, {}, {}) == {}
    assert class_names(directory, 2, {0: "sky"}, {0: "Himmel", 255: "void"}) == {0: "sky", 255: "void"}


def test_a_job_without_names_takes_those_of_the_model_that_it_goes_on_from(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    directory.channel("model").mkdir()
    write_class_names(directory.channel("model"), {0: "sky", 1: "pole"})
    (directory.channel("model") / "hyperparams.json").write_text('{"num_classes": "2"}')
    assert class_names(directory, 2, {}, {}) == {0: "sky", 1: "pole"}
    assert class_names(directory, 2, {1: "mast"}, {}) == {1: "mast"}


@pytest.mark.parametrize("written", [{"colors": {"#4682b4": 0}}, {"names": {"sky": 0}}])
def test_a_label_map_the_wrong_way_round_ends_the_job_before_files_are_read(tmp_path: Path, written: object) -> None:
    directory = good_job(tmp_path)
    give_label_maps(directory, written)
    with pytest.raises(ValueError, match=r"train_label_map\.json: (colors|names) must have classes as keys"):
        checked(directory)


@pytest.mark.slow
@pytest.mark.engine
def test_a_job_trains_on_real_colour_masks_and_its_model_knows_the_names(tmp_path: Path) -> None:
    if not (FIELD / "colour-masks").is_dir():
        pytest.skip("colour-masks is not here: set SEMSEG_TEST_DATA")
    write_label_maps(FIELD / "colour-masks" / "labelmap.txt", tmp_path / "maps", classes=NAMES)
    hyperparameters = {"num_classes": 3, "base_size": 64, "crop_size": 32, "mini_batch_size": 2, "epochs": 1}
    with home_at(tmp_path / "place"):
        estimator = small_estimator(hyperparameters)
        channels = {name: str(FIELD / "colour-masks" / name) for name in CHANNELS}
        estimator.fit({**channels, "label_map": str(tmp_path / "maps")}, logs=False)
        archive = Path(urlparse(str(estimator.model_data)).path)
        unpack(archive, tmp_path / "model")
        evaluation = json.loads((archive.parent / "data" / "evaluation.json").read_text())
    assert read_class_names(tmp_path / "model") == {0: "sky", 1: "building", 2: "other", 255: "background"}
    assert CLASS_NAMES in json.loads((tmp_path / "model" / "checksums.json").read_text())
    assert [entry["name"] for entry in evaluation["classes"]] == NAMES
