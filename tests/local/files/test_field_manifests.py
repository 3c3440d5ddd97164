"""Manifests as they lie in the field: bad masks and lines that were not labelled, told by file and line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.aws.account import Account
from semseg.contract.job_directory import JobDirectory
from semseg.contract.stream_names import StreamOrder
from semseg.data.bad_stream import BadPass
from semseg.data.labels.label_map import LabelMap
from semseg.data.stream import Stream
from semseg.data.stream_names import StreamNames
from semseg.errors import ChannelError
from semseg.inputs import ShuffleConfig, TrainingInput, input_data_config
from semseg.local.files.channel_files import read_content
from semseg.local.files.input_channels import InputChannel, input_channels
from semseg.local.files.pipe_feeder import PipeFeeder
from semseg.local.files.stream_names import write_names
from semseg.training.batches import StreamedBatches

ROOT = Path(__file__).resolve().parents[3]
FIELD = Path(os.environ.get("SEMSEG_TEST_DATA", ROOT.parent / "shared" / "data")) / "field"
needs_field = pytest.mark.skipif(not FIELD.is_dir(), reason="there are no field inputs")

Channels = dict[str, TrainingInput]


def channels(train: Path, validation: Path, mask: str = "my-street-ref") -> Channels:
    return {
        half: TrainingInput(
            manifest,
            s3_data_type="AugmentedManifestFile",
            attribute_names=["source-ref", mask],
            record_wrapping="RecordIO",
            content_type="application/x-recordio",
            input_mode="Pipe",
            shuffle_config=ShuffleConfig(seed=1),
        )
        for half, manifest in {"train": train, "validation": validation}.items()
    }


def from_field(name: str, target: Path) -> Channels:
    """The channels of a folder of the field, their manifests with its path in them."""
    for half in ("train", "validation"):
        content = (FIELD / name / f"{half}.manifest").read_text()
        (target / f"{half}.manifest").write_text(content.replace("{folder}", str(FIELD / name)))
    return channels(target / "train.manifest", target / "validation.manifest")


@contextmanager
def fed(inputs: Channels, job: JobDirectory, epochs: int = 0) -> Iterator[Callable[[str], Stream]]:
    """Feeds the channels of a job as its supervisor does, and gives their streams as its process opens them."""
    feeders = [started(channel, job, epochs) for channel in input_channels(input_data_config(inputs), Account())]

    def stream(name: str) -> Stream:
        told = {name: StreamNames(job.stream_names(name))}
        return Stream(job.channel(name).parent, [name], LabelMap.identity(), 3, lambda: None, told)

    try:
        yield stream
    finally:
        for feeder in feeders:
            feeder.close()
            feeder.join(10)


def started(channel: InputChannel, job: JobDirectory, epochs: int) -> PipeFeeder:
    order = StreamOrder(len(channel.samples), channel.seed, epochs)
    write_names(job.stream_names(channel.name), order, channel.shown_samples())
    read = lambda content: read_content(content, None)  # noqa: E731
    feeder = PipeFeeder(job.channel(channel.name), channel.samples, read, channel.seed, epochs)
    feeder.start()
    return feeder


def as_it_is(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return image, mask


def told_of_one_epoch(stream: Stream, size: int = 2) -> list[str]:
    batches = StreamedBatches(stream, as_it_is, size, 0, 2, 4, lambda found: None)
    with pytest.raises(BadPass) as refusal:
        list(batches.epoch(0))
    return str(refusal.value).splitlines()[1:]


def refused(inputs: Channels) -> list[str]:
    with pytest.raises(ChannelError) as refusal:
        input_channels(input_data_config(inputs), Account())
    return str(refusal.value).splitlines()[1:]


@needs_field
@pytest.mark.parametrize("epochs", [0, 3])
def test_a_bad_mask_of_a_shuffled_stream_is_named_by_its_file_and_line(tmp_path: Path, epochs: int) -> None:
    with fed(from_field("manifest-bad-mask", tmp_path), JobDirectory(tmp_path / "job"), epochs) as stream:
        assert told_of_one_epoch(stream("train")) == [
            "train_annotation/scene_2.png (line 3 of train.manifest) holds pixel value 9 in 960 pixels, but with "
            'num_classes 3 classes run from 0 to 2: raise num_classes, or give it another class or key "255" (ignore) '
            "in a label map"
        ]


@needs_field
def test_lines_that_were_not_labelled_are_refused_all_at_once(tmp_path: Path) -> None:
    assert refused(from_field("manifest-failed-lines", tmp_path)) == [
        "2 of 4 lines of train.manifest have no attribute 'my-street-ref' (lines 2 and 3; failure-reason: "
        "'ClientError: the annotation could not be consolidated'): leave these lines out"
    ]


def written(folder: Path, half: str, values: dict[int, int], mask: str) -> Path:
    """A manifest of six samples; ``values`` are those of the masks of some lines, the others hold 0 and 1."""
    lines = []
    for number in range(1, 7):
        places = {"source-ref": folder / f"{half}-{number}.jpg", mask: folder / f"{half}-{number}.png"}
        pixels = np.zeros((4, 6), np.uint8)
        pixels[0] = values.get(number, 1)
        Image.new("RGB", (6, 4)).save(places["source-ref"])
        Image.fromarray(pixels).save(places[mask])
        lines.append(json.dumps({name: place.as_uri() for name, place in places.items()}))
    (folder / f"{half}.jsonl").write_text("\n".join(lines))
    return folder / f"{half}.jsonl"


def test_bad_masks_of_both_halves_are_named_by_file_and_line(tmp_path: Path) -> None:
    train, validation = (
        written(tmp_path, half, values, "label") for half, values in {"t": {2: 7, 6: 200}, "v": {1: 3}}.items()
    )
    with fed(channels(train, validation, "label"), JobDirectory(tmp_path / "job")) as stream:
        sentences = sorted(told_of_one_epoch(stream("train"), size=3))
        assert [sentence.partition(", but ")[0] for sentence in sentences] == [
            f"{tmp_path.name}/t-2.png (line 2 of t.jsonl) holds pixel value 7 in 6 pixels",
            f"{tmp_path.name}/t-6.png (line 6 of t.jsonl) holds pixel value 200 in 6 pixels",
        ]
        (sentence,) = told_of_one_epoch(stream("validation"))
        assert sentence.startswith(f"{tmp_path.name}/v-1.png (line 1 of v.jsonl) holds pixel value 3 in 6 pixels")
