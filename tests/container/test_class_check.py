"""A job whose training masks hold one class is refused, in every input mode at the earliest point that knows it."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
import numpy as np
import pytest
from PIL import Image

from semseg.container.class_check import ClassCheck, late_check
from semseg.container.data_check import DataCheck
from semseg.container.splits import open_splits
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.contract.recordio import write_record
from semseg.contract.sample_order import sample_order
from semseg.data.dataset import UncheckedDataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.stream import Stream
from semseg.errors import ChannelError, ImageError, TrainingError
from semseg.training.batches import StreamedBatches, WatchedBatches
from semseg.training.job_log import JobLog
from tests.container.pipes import Records, writing
from tests.container.test_train import FILE_MODE, failure_of, lay_out, start
from tests.endtoend import CHANNELS, ROOT, SECONDS, home_at, small_estimator

FIELD = Path(os.environ.get("SEMSEG_TEST_DATA", ROOT.parent / "shared" / "data")) / "field" / "bw-masks-without-map"
WRONG_WAY = '{"map": {"0": 0, "255": 1}}'
RIGHT_WAY = '{"map": {"0": 0, "1": 255}}'
REFUSAL = "must hold two classes at least, or there is nothing to learn, got"
PIPED = {"TrainingInputMode": "Pipe", "RecordWrapperType": "RecordIO"}

Pixels = Sequence[Sequence[int]]  # one mask


def go_on() -> None:
    """Nobody asks to stop."""


def write_masks(folder: Path, channel: str, masks: Sequence[Pixels]) -> None:
    """Grey images, and masks of a few pixels."""
    images, annotation = folder / channel, folder / f"{channel}_annotation"
    for place in (images, annotation):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    for number, pixels in enumerate(masks):
        mask = np.array(pixels, np.uint8)
        Image.new("RGB", (mask.shape[1], mask.shape[0]), (90, 90, 90)).save(images / f"{number}.jpg")
        Image.fromarray(mask).save(annotation / f"{number}.png")


def job_of(
    root: Path,
    train: Sequence[Pixels],
    label_map: str | None = None,
    validation: Sequence[Pixels] | None = None,
    entry: Mapping[str, str] = FILE_MODE,
) -> JobDirectory:
    """A job of two classes, of two or more training samples; validation masks are the same if not given."""
    directory = lay_out(root, {"num_classes": 2, "num_training_samples": len(train)})
    write_masks(directory.channel("train").parent, "train", train)
    write_masks(directory.channel("train").parent, "validation", train if validation is None else validation)
    entries = dict.fromkeys(CHANNELS, entry)
    if label_map is not None:
        directory.channel("label_map").mkdir()
        for half in ("train", "validation"):
            (directory.channel("label_map") / f"{half}_label_map.json").write_text(label_map)
        entries["label_map"] = FILE_MODE
    directory.input_data_config.write_text(json.dumps(entries))
    return directory


def checked(directory: JobDirectory, num_classes: int = 2) -> str:
    """The log of what is done with a job's channels before training."""
    log = io.StringIO()
    splits = open_splits(directory, num_classes, go_on, JobLog(log))
    given = Hyperparameters(num_classes=num_classes, num_training_samples=2)
    DataCheck(directory, given, 0, JobLog(log)).run(splits)
    return log.getvalue()


def refusal_of(directory: JobDirectory, num_classes: int = 2) -> list[str]:
    with pytest.raises(ChannelError) as refusal:
        checked(directory, num_classes)
    *told, report = str(refusal.value).splitlines()
    assert report == f"The whole report is {directory.output_data / 'dataset.json'}."
    return told


BLACK_AND_WHITE = [[[0, 0, 0], [255, 0, 0]], [[0, 255, 255], [0, 0, 0]]]  # 9 of 12 pixels are 0


def test_black_and_white_masks_without_a_label_map_are_refused_before_training(tmp_path: Path) -> None:
    head, problem = refusal_of(job_of(tmp_path, BLACK_AND_WHITE))
    assert head == "the channels cannot be used, 1 problem:"
    assert problem == (
        f"channel train_annotation {REFUSAL} class 0 of num_classes 2 alone: pixel value 0 in 75 % of the pixels is "
        "class 0, pixel value 255 in 25 % is ignored (a pixel value is its class, and 255 means ignore): if these "
        f"values are classes, write {RIGHT_WAY} into train_label_map.json of channel label_map, and into "
        "validation_label_map.json for masks of the same kind"
    )


def test_a_label_map_the_wrong_way_round_is_refused_with_the_right_one(tmp_path: Path) -> None:
    [_, problem] = refusal_of(job_of(tmp_path, BLACK_AND_WHITE, WRONG_WAY))
    assert problem.endswith(
        "the label map is the wrong way round (each key is a class, each value the pixel value in the mask): "
        f"write {RIGHT_WAY}"
    )


def test_the_label_map_that_is_proposed_lets_the_job_begin(tmp_path: Path) -> None:
    assert "in no mask of channel" not in checked(job_of(tmp_path, BLACK_AND_WHITE, RIGHT_WAY))


def test_three_values_of_which_two_are_no_class_are_told_once_for_all_masks(tmp_path: Path) -> None:
    # 5, 3 and 2 of 10 pixels
    job = job_of(tmp_path, [[[0, 0, 0, 127, 255]], [[0, 0, 127, 127, 255]]])
    [_, first] = refusal_of(job, 3)
    assert (
        "pixel value 0 in 50 % of the pixels is class 0, pixel value 127 in 30 % would be class 127, pixel value 255 "
        "in 20 % is ignored" in first
    )
    assert 'write {"map": {"0": 0, "1": 127, "2": 255}} into train_label_map.json' in first


def test_masks_of_0_254_and_255_are_told_the_label_map_of_two_classes(tmp_path: Path) -> None:
    # 4, 3 and 1 of 8 pixels
    _, first, *_ = refusal_of(job_of(tmp_path, [[[0, 0, 254, 254]], [[0, 0, 254, 255]]]))
    assert "pixel value 0 in 50 % of the pixels is class 0, pixel value 254 in 37.5 % would be class 254, " in first
    assert "pixel value 255 in 12.5 % is ignored" in first
    assert 'write {"map": {"0": 0, "1": 254}} into' in first


def test_masks_that_are_all_255_are_told_so_once_for_all(tmp_path: Path) -> None:
    [_, first] = refusal_of(job_of(tmp_path, [[[255, 255]], [[255, 255]]]))
    assert f"{REFUSAL} none of num_classes 2: pixel value 255 in 100 % of the pixels is ignored" in first


def test_a_class_that_is_alone_on_purpose_is_refused(tmp_path: Path) -> None:
    [_, problem] = refusal_of(job_of(tmp_path, [[[1, 1]], [[1, 1]]]), 3)
    assert f"{REFUSAL} class 1 of num_classes 3 alone: pixel value 1 in 100 %" in problem
    assert "the masks hold one value alone, which no label map can divide" in problem


def test_of_palette_masks_the_indices_are_judged(tmp_path: Path) -> None:
    directory = job_of(tmp_path, BLACK_AND_WHITE)
    for path in directory.channel("train_annotation").iterdir():
        with Image.open(path) as grey:
            indices = Image.frombytes("P", grey.size, grey.tobytes())
        indices.putpalette([channel for value in range(256) for channel in (255 - value, 0, value)])
        indices.save(path)
    [_, problem] = refusal_of(directory)
    assert "pixel value 0 in 75 % of the pixels is class 0, pixel value 255 in 25 % is ignored" in problem


def test_classes_are_not_judged_where_a_mask_cannot_be_read(tmp_path: Path) -> None:
    directory = job_of(tmp_path, BLACK_AND_WHITE)
    (directory.channel("train_annotation") / "0.png").write_bytes(b"no picture")
    [_, problem] = refusal_of(directory)
    assert problem.startswith("train_annotation/0.png is no picture that can be read ")


def test_a_class_that_no_training_mask_holds_is_a_warning(tmp_path: Path) -> None:
    log = checked(job_of(tmp_path, [[[0, 1]], [[1, 3]]], validation=[[[0, 1, 2, 3]]]), 4)
    assert log.count("in no mask of channel") == 1
    assert (
        "class 2 of num_classes 4 is in no mask of channel train_annotation: validation masks hold class 2: add "
        "training samples that hold it" in log
    )


def test_validation_masks_of_one_class_are_a_warning(tmp_path: Path) -> None:
    log = checked(job_of(tmp_path, [[[0, 1]], [[1, 0]]], validation=[[[0, 0, 0, 255]]]))
    assert log.count("in no mask of channel") == 1
    assert "class 1 of num_classes 2 is in no mask of channel validation_annotation: to have a score, add" in log


# --- FastFile


def test_fast_file_masks_of_one_class_are_refused_before_training(tmp_path: Path) -> None:
    directory = job_of(tmp_path, BLACK_AND_WHITE, entry={**FILE_MODE, "TrainingInputMode": "FastFile"})
    written = failure_of(directory)
    assert f"channel train_annotation {REFUSAL} class 0 of num_classes 2 alone: pixel value 0 in 75 %" in written
    assert f"write {RIGHT_WAY} into" in written


# "train" also begins "train_annotation", which the store says where it matters
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_fast_file_masks_of_one_class_in_s3_are_refused_before_training(tmp_path: Path, aws: str) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="streets", CreateBucketConfiguration={"LocationConstraint": client.meta.region_name})
    write_masks(tmp_path / "files", "train", BLACK_AND_WHITE)
    write_masks(tmp_path / "files", "validation", BLACK_AND_WHITE)
    for path in sorted((tmp_path / "files").rglob("*.*")):
        client.upload_file(str(path), "streets", str(path.relative_to(tmp_path / "files")))
    directory = lay_out(tmp_path / "ml", {"num_classes": 2, "num_training_samples": 2})
    shutil.rmtree(directory.channel("train").parent)
    entries = {name: {"TrainingInputMode": "FastFile", "S3Uri": f"s3://streets/{name}"} for name in CHANNELS}
    directory.input_data_config.write_text(json.dumps(entries))
    assert f"{REFUSAL} class 0 of num_classes 2 alone: pixel value 0 in 75 %" in failure_of(directory)


def fast_file_check(root: Path, train: Sequence[Pixels], log: io.StringIO) -> tuple[ClassCheck, UncheckedDataset]:
    directory = job_of(root, train, entry={**FILE_MODE, "TrainingInputMode": "FastFile"})
    training, _ = open_splits(directory, 4, go_on, JobLog(log))
    late = late_check(training.dataset, 4, JobLog(log))
    assert late is not None
    assert isinstance(training.dataset, UncheckedDataset)
    return late, training.dataset


def test_fast_file_masks_are_read_before_training_until_two_classes_are_found(tmp_path: Path) -> None:
    late, _ = fast_file_check(tmp_path, [[[0, 1]]] * 9, io.StringIO())
    first = int(sample_order(0, 0, 9)[0])
    for number in set(range(9)) - {first}:
        (tmp_path / "input" / "data" / "train_annotation" / f"{number}.png").write_bytes(b"")
    late.before_training(workers=0)
    (tmp_path / "input" / "data" / "train_annotation" / f"{first}.png").write_bytes(b"")
    with pytest.raises(ImageError, match=rf"{first}\.png is empty"):
        late.before_training(workers=0)


def test_fast_file_warns_of_a_missing_class_once_every_mask_was_read(tmp_path: Path) -> None:
    log = io.StringIO()
    late, training = fast_file_check(tmp_path, [[[0, 1]], [[2, 2]], [[0, 2]]], log)
    late.before_training(0)
    for place in (0, 1, 0):
        training.read(place)
    late.after_epoch()
    assert "in no mask of channel" not in log.getvalue()
    for place in (2, 2):
        training.read(place)
        late.after_epoch()
    assert log.getvalue().count("class 3 of num_classes 4 is in no mask of channel train_annotation: ") == 1
    assert training.look.values.counts[:4].tolist() == [2, 1, 3, 0]


def test_fast_file_samples_are_judged_together_once_each_was_read(tmp_path: Path) -> None:
    log = io.StringIO()
    late, training = fast_file_check(tmp_path, [[[0, 1, 2, 3]], [[0, 1, 2, 3]], [[3, 1, 2, 3]]], log)
    images = tmp_path / "input" / "data" / "train"
    shutil.copy(images / "0.jpg", images / "2.jpg")
    Image.new("RGB", (4, 1), (9, 200, 9)).save(images / "1.jpg")
    for _ in range(2):
        for place in range(3):
            training.read(place)
        late.after_epoch()
    warned = [line.split("] ", 1)[1] for line in log.getvalue().splitlines() if "WARNING" in line]
    assert warned[-1] == (
        "1 of 3 images of channel train is there already with another mask, by content, first 2.jpg (as train/0.jpg): "
        "keep the right one"
    )
    assert sum("another mask" in line for line in warned) == 1


# --- Pipe


def png(mode: str, pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.array(pixels, np.uint8)).convert(mode).save(file, "png")
    return file.getvalue()


def passes_of(masks: Sequence[Pixels]) -> list[bytes]:
    return [data for mask in masks for data in (png("RGB", mask), png("L", mask))]


def streamed(folder: Path, masks: Sequence[Pixels], log: io.StringIO, num_classes: int = 2) -> WatchedBatches:
    """Two passes, of batches of one sample."""
    for number in range(2):
        (folder / f"train_{number}").write_bytes(b"".join(map(write_record, passes_of(masks))))
    stream = Stream(folder, ["train"], LabelMap.identity(), num_classes, go_on)
    late = late_check(stream, num_classes, JobLog(log))
    assert late is not None
    late.before_training(0)
    batches = StreamedBatches(stream, lambda image, mask, rng: (image, mask), 1, 0, 2, len(masks), lambda found: None)
    return WatchedBatches(batches, late.after_epoch)


def test_a_stream_with_a_label_map_to_one_class_is_refused_before_it_is_read(tmp_path: Path) -> None:
    assert failure_of(job_of(tmp_path, BLACK_AND_WHITE, WRONG_WAY, entry=PIPED)) == (
        "the channels cannot be used, 1 problem:\n"
        "the label map of channel train must lead to two classes at least, or there is nothing to learn, got class 0 "
        f"of num_classes 2 alone from {WRONG_WAY}: it is the wrong way round (each key is a class, each value the "
        f"pixel value in the mask): write {RIGHT_WAY}"
    )


def test_a_stream_of_one_class_is_refused_at_the_end_of_its_first_pass(tmp_path: Path) -> None:
    batches = streamed(tmp_path, BLACK_AND_WHITE, io.StringIO()).epoch(0)
    next(batches)
    next(batches)
    with pytest.raises(ChannelError) as refusal:
        next(batches)
    # an augmented manifest: images and masks come in one channel
    assert (
        f"channel train {REFUSAL} class 0 of num_classes 2 alone: pixel value 0 in 75 % of the pixels is class 0, "
        "pixel value 255 in 25 % is ignored" in str(refusal.value)
    )


def test_a_class_that_a_stream_does_not_hold_is_a_warning_after_its_first_pass_alone(tmp_path: Path) -> None:
    log = io.StringIO()
    batches = streamed(tmp_path, [[[0, 1]], [[0, 0]]], log, num_classes=3)
    for number in range(2):
        assert len(list(batches.epoch(number))) == batches.iterations_per_epoch == 2
        assert log.getvalue().count("class 2 of num_classes 3 is in no mask of channel train: lower num_classes") == 1


@pytest.mark.slow
@pytest.mark.engine
def test_a_job_that_streams_one_class_ends_as_failed_after_its_first_pass(tmp_path: Path) -> None:
    squares = [[[0] * 20 + [255] * 10] * 30] * 2  # wide enough to be cropped
    directory = job_of(tmp_path, squares, entry=PIPED)
    shutil.rmtree(directory.channel("train").parent)
    directory.channel("train").parent.mkdir()
    directory.input_data_config.write_text(json.dumps({"train": PIPED, "validation": PIPED}))
    records: dict[str, Records] = dict.fromkeys(("train", "validation"), lambda number: passes_of(squares))
    log = tmp_path / "log.txt"
    with writing(directory.channel("train").parent, records) as (train, validation), start(directory, log) as process:
        assert process.wait(SECONDS) == 1, log.read_text()
    assert (train.passes, validation.passes) == (1, 0)
    assert f"channel train {REFUSAL} class 0 of num_classes 2 alone: pixel value 0 in 66.7 %" in (
        directory.failure.read_text()
    )
    assert list(directory.model.glob("*model*")) == []


# --- a data set from the field


@pytest.mark.skipif(not FIELD.is_dir(), reason="the black-and-white masks are not here: set SEMSEG_TEST_DATA")
def test_real_black_and_white_masks_need_the_label_map_that_the_refusal_shows(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"num_classes": 2})
    shutil.rmtree(directory.channel("train").parent)
    shutil.copytree(FIELD, directory.channel("train").parent)
    [_, problem] = refusal_of(directory)
    # 21,880 and 5,768 of 27,648 pixels
    assert "pixel value 0 in 79.1 % of the pixels is class 0, pixel value 255 in 20.9 % is ignored" in problem
    assert f"write {RIGHT_WAY} into train_label_map.json" in problem
    directory.channel("label_map").mkdir()
    for half in ("train", "validation"):
        (directory.channel("label_map") / f"{half}_label_map.json").write_text(RIGHT_WAY)
    log = checked(directory)
    assert "Checked 4 of 4 samples of channel train." in log
    assert "WARNING" not in log


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.skipif(not FIELD.is_dir(), reason="the black-and-white masks are not here: set SEMSEG_TEST_DATA")
def test_a_job_with_real_black_and_white_masks_ends_as_failed_with_the_label_map_to_write(tmp_path: Path) -> None:
    hyperparameters = {"num_classes": 2, "base_size": 64, "crop_size": 32, "epochs": 1}
    with home_at(tmp_path / "place"), pytest.raises(TrainingError) as failure:
        small_estimator(hyperparameters).fit({name: str(FIELD / name) for name in CHANNELS}, logs=False)
    assert f"{REFUSAL} class 0 of num_classes 2 alone" in str(failure.value)
    assert f"write {RIGHT_WAY} into train_label_map.json" in str(failure.value)
