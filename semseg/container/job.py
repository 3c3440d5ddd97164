"""What a training job finds in its directory: hyperparameters, samples, an earlier model."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from semseg.container.configuration import read_json
from semseg.contract import channels, model_artifact
from semseg.contract.hyperparameters import Hyperparameters, default_strings
from semseg.contract.job_directory import JobDirectory
from semseg.data.checks import check_samples, raise_problems
from semseg.data.label_map import LabelMap
from semseg.data.samples import Sample, pair_samples
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog

ARCHIVE = "model.tar.gz"
MUST_EQUAL = ("algorithm", "backbone", "num_classes", "crop_size")  # between a job and the model it goes on from


@dataclass(frozen=True)
class Split:
    """One half of the data, as listed: not yet read."""

    channel: str
    samples: list[Sample]
    label_map: LabelMap


def read_hyperparameters(directory: JobDirectory, log: JobLog) -> Hyperparameters:
    given = {name: str(value) for name, value in read_json(directory.hyperparameters).items()}
    log.info(f"Reading default configuration from the built-in defaults: {json.dumps(default_strings())}")
    log.info(f"Merging with provided configuration from {directory.hyperparameters}: {json.dumps(given)}")
    hyperparameters = Hyperparameters.from_strings(given)
    log.info(f"Final configuration: {json.dumps(hyperparameters.to_strings())}")
    return hyperparameters


def list_splits(directory: JobDirectory, log: JobLog) -> tuple[Split, Split]:
    """Pair the images and masks of both halves, and read their label maps; opens no picture.

    Raises:
        ChannelError: naming everything that is missing or unpaired in either half.
    """
    configured = read_json(directory.input_data_config)
    channels.check_channels(configured)
    for name, channel in configured.items():
        if isinstance(channel, dict) and channel.get("TrainingInputMode", "File") != "File":
            raise ChannelError(
                f"channel {name} must have input mode File, got {channel['TrainingInputMode']}: "
                "this version reads its data from folders"
            )
    problems: list[str] = []
    splits = []
    for images, masks in (
        (channels.TRAIN, channels.TRAIN_ANNOTATION),
        (channels.VALIDATION, channels.VALIDATION_ANNOTATION),
    ):
        samples, found = pair_samples(directory.channel(images), directory.channel(masks), images)
        problems += found
        splits.append(Split(images, samples, read_label_map(directory, images, log)))
    raise_problems(problems)
    return splits[0], splits[1]


def read_label_map(directory: JobDirectory, split: str, log: JobLog) -> LabelMap:
    """The label map of "train" or "validation"; identity where the channel has none."""
    folder = directory.channel(channels.LABEL_MAP)
    path = folder / f"{split}_label_map.json"
    if path.exists():
        label_map = LabelMap.read(path)
    else:
        if folder.exists() and not any(folder.glob("*_label_map.json")):
            found = ", ".join(sorted(entry.name for entry in folder.iterdir())) or "nothing"
            raise ChannelError(
                "channel label_map must hold train_label_map.json or validation_label_map.json, "
                f"one for each half that needs it, got {found}"
            )
        log.warning("label maps not provided, using defaults.")
        label_map = LabelMap.identity()
    log.info(f"#label_map {split} :{label_map.description}")
    return label_map


def check_pictures(splits: tuple[Split, Split], num_classes: int, workers: int, log: JobLog) -> None:
    """Open every picture of both halves before time is spent on training.

    Raises:
        ChannelError: naming each unusable picture, the first twenty of them.
    """
    problems: list[str] = []
    for split in splits:

        def progress(done: int, total: int, channel: str = split.channel) -> None:
            if done % max(total // 10, 100) == 0 or done == total:
                log.info(f"Checked {done} of {total} samples of channel {channel}.")

        problems += check_samples(split.samples, split.label_map, num_classes, split.channel, workers, progress)
        for line in split.label_map.table_lines(num_classes):
            log.info(f"label map {split.channel}: {line}")
    raise_problems(problems)


def earlier_model(directory: JobDirectory, hyperparameters: Hyperparameters) -> Path | None:
    """The parameters in channel ``model``, None without it.

    Raises:
        ChannelError: where that model was trained with another network or crop.
    """
    folder = directory.channel(channels.MODEL)
    if not folder.exists():
        return None
    if (folder / ARCHIVE).exists():
        unpacked = directory.root / "input" / "earlier_model"
        model_artifact.unpack(folder / ARCHIVE, unpacked)
        folder = unpacked
    earlier = model_artifact.read_description(folder)
    for name in MUST_EQUAL:
        was, wanted = getattr(earlier, name), getattr(hyperparameters, name)
        if was != wanted:
            raise ChannelError(f"{name} must be that of the model in channel model, {was}, got {wanted}")
    path = model_artifact.parameters_path(folder)
    model_artifact.check_parameters_file(path)
    return path


def write_hyperparams(directory: JobDirectory, hyperparameters: Hyperparameters) -> None:
    """The file by which a server knows what network the parameters belong to."""
    directory.model.mkdir(parents=True, exist_ok=True)
    beside = directory.model / (model_artifact.HYPERPARAMS + ".part")
    beside.write_text(json.dumps(hyperparameters.to_strings(), indent=1))
    os.replace(beside, directory.model / model_artifact.HYPERPARAMS)
