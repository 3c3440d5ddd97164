"""Reads what a training job finds in its directory: hyperparameters and an earlier model."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semseg.archive import exported_files, model_artifact
from semseg.archive.checksums import CHECKSUMS
from semseg.archive.class_names import read_class_names
from semseg.container.configuration import read_configuration
from semseg.contract import channels
from semseg.contract.hyperparameters import FRAMEWORK, Hyperparameters, default_strings
from semseg.contract.job_directory import MODEL_ARCHIVE, JobDirectory
from semseg.errors import ChannelError
from semseg.plumbing.json_file import write_public_json
from semseg.training.job_log import JobLog

UNPACKED = "input/earlier_model"  # the model in channel model, where that holds an archive
MAY_DIFFER = ("algorithm", "num_classes", "crop_size")  # between a job and the model that it starts from


def read_hyperparameters(directory: JobDirectory, log: JobLog) -> Hyperparameters:
    """Returns the job's hyperparameters, checked, and writes them into the log."""
    given = given_hyperparameters(read_configuration(directory.hyperparameters))
    log.info(f"Reading default configuration from the built-in defaults: {json.dumps(default_strings())}")
    log.info(f"Merging with provided configuration from {directory.hyperparameters}: {json.dumps(given)}")
    hyperparameters = Hyperparameters.from_strings(given)
    log.info(f"Final configuration: {json.dumps(hyperparameters.to_strings())}")
    return hyperparameters


def given_names(directory: JobDirectory) -> frozenset[str]:
    """Returns the names of the hyperparameters that a job was given, in the wire form."""
    return frozenset(given_hyperparameters(read_configuration(directory.hyperparameters)))


def given_hyperparameters(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Returns the hyperparameters in the wire form, without those that are for the container's starter.

    Where there are such, the SDK's Framework estimators made the request, and they send every value as JSON.
    """
    by_framework = any(name.startswith(FRAMEWORK) for name in configuration)
    own = {name: str(value) for name, value in configuration.items() if not name.startswith(FRAMEWORK)}
    return {name: _from_json(value) for name, value in own.items()} if by_framework else own


def _from_json(text: str) -> str:
    """Returns the string that JSON text stands for; another value, such as a number, stays as it is written."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text


def earlier_model(directory: JobDirectory, hyperparameters: Hyperparameters, log: JobLog) -> Path | None:
    """Returns the path of the parameters in channel ``model``; None without that channel.

    Where that model has other classes, another decoder or another crop, the log says so.

    Raises:
        ChannelError: that model has another backbone.
    """
    folder = directory.channel(channels.MODEL)
    if not folder.exists():
        return None
    if os.path.lexists(folder / MODEL_ARCHIVE):
        unpacked = directory.root / UNPACKED
        model_artifact.unpack(folder / MODEL_ARCHIVE, unpacked)
        folder = unpacked
    earlier = model_artifact.read_description(folder)
    if earlier.backbone != hyperparameters.backbone:
        raise ChannelError(
            f"backbone must be that of the model in channel model, {earlier.backbone}, got {hyperparameters.backbone}"
        )
    for name in MAY_DIFFER:
        was, wanted = getattr(earlier, name), getattr(hyperparameters, name)
        if was != wanted:
            log.info(f"The model in channel model has {name} {was}, and this job {wanted}.")
    path = model_artifact.parameters_path(folder)
    model_artifact.check_parameters_file(path)
    return path


def class_names(
    directory: JobDirectory, num_classes: int, training: Mapping[int, str], validation: Mapping[int, str]
) -> dict[int, str]:
    """Returns the names of the job's classes: those in its label maps, else those of the model in channel ``model``
    where it has as many classes.

    Args:
        num_classes: of the job.
        training, validation: from the label maps; where they disagree, those for training count.
    """
    named = {**validation, **training}
    unpacked = directory.root / UNPACKED
    earlier = unpacked if unpacked.is_dir() else directory.channel(channels.MODEL)
    kept = {} if named else read_class_names(earlier)
    if kept and model_artifact.read_description(earlier).num_classes != num_classes:
        return {}
    return named or kept


def remove_made_of_parameters(directory: JobDirectory) -> None:
    """Removes what an earlier run of the job made of its parameters, which are about to change."""
    for name in (CHECKSUMS, *exported_files.FILES):
        (directory.model / name).unlink(missing_ok=True)


def write_hyperparams(directory: JobDirectory, hyperparameters: Hyperparameters) -> None:
    """Writes the file that tells a server which network the parameters belong to."""
    directory.model.mkdir(parents=True, exist_ok=True)
    write_public_json(directory.model / model_artifact.HYPERPARAMS, hyperparameters.to_strings())
