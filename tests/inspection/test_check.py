"""A data set is told about before a job trains on it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg import doctor
from semseg.errors import ChannelError, HyperparameterError
from semseg.inspection.check import check

FIELD = Path(os.environ.get("SEMSEG_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "field"


def write_half(data: Path, half: str, masks: list[list[int]], width: int = 10) -> None:
    """Writes one sample for each mask, whose values stand in stripes of equal width."""
    for number, values in enumerate(masks):
        for folder, pixels in (
            (half, np.full((6, width, 3), (number, len(half), 9))),
            (f"{half}_annotation", np.repeat([values] * 6, width // len(values), axis=1)),
        ):
            (data / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.astype(np.uint8)).save(data / folder / f"{number}.png")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set in which class 0 has 1/2 of the labelled training pixels, class 1 and class 3 1/4 each."""
    write_half(tmp_path / "data", "train", [[0, 0, 0, 0, 1, 1, 3, 3, 255, 255]] * 5)
    write_half(tmp_path / "data", "validation", [[0, 1], [3, 3]])
    return tmp_path / "data"


def test_shares_weights_and_sizes_are_counted(data: Path) -> None:
    found = check(data)
    assert [(each.training, each.validation) for each in found.classes] == [
        (0.5, 0.25),
        (0.25, 0.25),
        (0, 0),
        (0.25, 0.5),
    ]
    rare = 1 / np.sqrt(0.25) / (np.sqrt(0.5) + 2 * np.sqrt(0.25))
    assert found.class_weights == pytest.approx([rare / np.sqrt(2), rare, 0, rare])
    assert sum(each.weight * each.training for each in found.classes) == pytest.approx(1)
    assert str(found.sizes["train"]) == "all 10 x 6 pixels"
    assert found.suggestion.num_classes == 4
    assert found.suggestion.num_training_samples == 5


def test_the_report_is_printed_as_text(data: Path) -> None:
    (data / "label_map").mkdir()
    for half in ("train", "validation"):
        content = {"map": {"0": 0, "1": 1, "2": 3}}
        (data / "label_map" / f"{half}_label_map.json").write_text(json.dumps(content))
    lines = str(check(data)).splitlines()
    assert lines[0] == "train:      5 samples, all 10 x 6 pixels"
    assert lines[1] == "validation: 2 samples, all 10 x 6 pixels"
    assert lines[2].startswith("suggested:  num_classes=3, num_training_samples=5, base_size=17, crop_size=64, ")
    assert lines[4] == "class        of train  of validation   weight"
    assert lines[5] == "0                50 %           25 %     0.83"
    assert lines[8] == "ignored          20 %            0 %"
    assert lines[-1] == "Nothing stands in the way of a job."


def test_what_would_refuse_a_job_is_told_and_the_doctor_ends_with_1(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "train" / "1.png").write_bytes(b"")
    assert check(data).is_refused
    assert doctor.main([str(data)]) == 1
    told = capsys.readouterr().out
    assert "A job would be refused:" in told
    assert "train/1.png" in told
    assert "Nothing stands in the way" not in told


def test_the_doctor_ends_with_0_where_nothing_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main([str(data)]) == 0
    assert doctor.main([str(data), "--num-classes", "3"]) == 1
    assert "pixel value 3" in capsys.readouterr().out
    assert doctor.main([str(data / "nothing")]) == 1
    assert capsys.readouterr().out == f"data must be a folder of this machine, got '{data / 'nothing'}'\n"


def test_channels_may_lie_apart(data: Path, tmp_path: Path) -> None:
    (data / "train").rename(tmp_path / "pictures")
    places = {"train": (tmp_path / "pictures").as_uri()}
    places |= {name: str(data / name) for name in ("train_annotation", "validation", "validation_annotation")}
    assert len(check(places).classes) == 4
    with pytest.raises(ChannelError, match=r"needs the channels train, .* and train is missing"):
        check(data)
    with pytest.raises(ChannelError, match="train must be a folder of this machine, got 's3://bucket/train'"):
        check({**places, "train": "s3://bucket/train"})


def test_hyperparameters_of_the_job_count(data: Path) -> None:
    warned = check(data, hyperparameters={"algorithm": "psp", "mini_batch_size": 1}).report.warned
    assert [finding.cause for finding in warned if "psp" in finding.sentence] != []
    with pytest.raises(HyperparameterError, match="num_classes must be a whole number from 2 to 254, got '1'"):
        check(data, num_classes=1)


@pytest.mark.parametrize(
    ("kind", "classes", "is_refused", "told"),
    [
        ("bw-masks-without-map", 2, True, '{"map": {"0": 0, "1": 255}}'),
        ("smoothed-masks", 2, True, "smoothed"),
        ("exif-sideways", 3, True, "EXIF orientation 6"),
        ("mask-names-with-ending", 3, True, "_mask"),
        ("names-two-unicode-forms", 3, False, "Nothing stands in the way"),
        ("palettes-disagree", 3, False, "palettes"),
        ("twelve-bit-pictures", 3, False, "4095"),
        ("batch-of-one", 3, False, "in the training channel too"),
    ],
)
def test_the_inputs_from_the_field_are_told_as_a_job_tells_them(
    kind: str, classes: int, is_refused: bool, told: str
) -> None:
    if not (FIELD / kind).is_dir():
        pytest.skip(f"no {kind} in {FIELD}: set SEMSEG_TEST_DATA")
    found = check(FIELD / kind)
    assert found.is_refused == is_refused
    assert told in str(found)
    assert found.suggestion.num_classes == classes


def test_pictures_are_turned_where_the_job_turns_them() -> None:
    if not (FIELD / "exif-sideways").is_dir():
        pytest.skip(f"no exif-sideways in {FIELD}: set SEMSEG_TEST_DATA")
    found = check(FIELD / "exif-sideways", hyperparameters={"exif_orientation": "apply"})
    assert not found.is_refused
    assert str(found.sizes["train"]) == "all 96 x 72 pixels"


def test_colours_and_names_of_a_label_map_count(tmp_path: Path) -> None:
    for half in ("train", "validation"):
        (tmp_path / half).mkdir()
        (tmp_path / f"{half}_annotation").mkdir()
        Image.new("RGB", (8, 6), (len(half), 0, 0)).save(tmp_path / half / "a.png")
        mask = np.full((6, 8, 3), (250, 50, 83), np.uint8)
        mask[:2] = 70, 130, 180
        Image.fromarray(mask).save(tmp_path / f"{half}_annotation" / "a.png")
    assert check(tmp_path).is_refused
    (tmp_path / "label_map").mkdir()
    content = {"colors": {"0": "#4682b4", "1": "#fa3253"}, "names": {"0": "sky", "1": "building"}}
    for half in ("train", "validation"):
        (tmp_path / "label_map" / f"{half}_label_map.json").write_text(json.dumps(content))
    found = check(tmp_path)
    assert [(each.name, round(each.training, 3)) for each in found.classes] == [("sky", 0.333), ("building", 0.667)]
    assert not found.is_refused


def test_a_label_map_folder_without_a_label_map_is_refused_as_by_a_job(tmp_path: Path) -> None:
    for channel in ("train", "train_annotation", "validation", "validation_annotation", "label_map"):
        (tmp_path / channel).mkdir()
    (tmp_path / "label_map" / "map.json").write_text("{}")
    with pytest.raises(ChannelError, match=r"must hold train_label_map\.json or .* got map\.json"):
        check(tmp_path)
