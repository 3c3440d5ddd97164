"""``python -m semseg.container.export <format> <precision>``: exports the model in SAGEMAKER_BASE_DIR's model folder.

It uses those of these channels that are in input/data: ``train``, without masks, ``validation`` and
``validation_annotation``, with ``label_map``. Exit code 0 means that the form and its report are in the model folder;
otherwise output/failure, a JSON object with the name of the error's class and its sentence, says why.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path

from semseg.archive import model_artifact
from semseg.container.engines import reference_network
from semseg.container.loading import picture_reading
from semseg.container.splits import read_label_map
from semseg.contract import channels
from semseg.contract.exported_forms import Form, check_form_channels, check_packages
from semseg.contract.job_directory import JobDirectory
from semseg.contract.pairing import IMAGE_SUFFIXES, written_suffixes
from semseg.contract.problems import raise_refused
from semseg.data.dataset import Dataset
from semseg.data.dataset_check import Half, HalfCheck
from semseg.data.file_check import ReadFacts
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.judgment import findings_of
from semseg.data.samples import find_samples, list_folder
from semseg.errors import ChannelError, PlatformError, SemsegError
from semseg.exporting.form_export import FormExport, Samples
from semseg.exporting.pictures import Unlabelled
from semseg.machine.facts import usable_cores
from semseg.plumbing.disk_space import no_room
from semseg.plumbing.json_file import write_public_json
from semseg.training.job_log import JobLog, encodable


def main() -> int:
    """Runs the export that the command line names, and returns the exit code."""
    directory = JobDirectory.from_environment(os.environ)
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING)
    log = JobLog()
    try:
        export(directory, Form.of(*sys.argv[1:]), log)
    except SemsegError as error:
        write_failure(directory, error)
        return 1
    except Exception as error:
        log.error(traceback.format_exc())
        reason = no_room(error, directory.root) or f"the export failed with {type(error).__name__}: {error}"
        write_failure(directory, PlatformError(reason))
        return 1
    return 0


def export(directory: JobDirectory, form: Form, log: JobLog) -> None:
    """Makes the form beside the model, measured on the channels that are there."""
    check_packages(form)
    check_form_channels(form, [name for name in channels.REQUIRED if directory.channel(name).is_dir()])
    samples = open_samples(directory, log)
    FormExport(directory.model, form, samples, reference_network, log.info, lambda: None).run()


def open_samples(directory: JobDirectory, log: JobLog) -> Samples:
    """Returns the pictures of the channels that are there; all masks are checked before they are used.

    Raises:
        ChannelError: a channel has no pictures, or a picture cannot be used.
    """
    training = pictures_of(directory, channels.TRAIN)
    if directory.channel(channels.VALIDATION_ANNOTATION).is_dir():
        validation = validation_samples(directory, log)
        return Samples(training, validation, validation)
    return Samples(training, None, pictures_of(directory, channels.VALIDATION) or training)


def pictures_of(directory: JobDirectory, channel: str) -> Unlabelled | None:
    """Returns the images of a channel; None if the channel is not there."""
    folder = directory.channel(channel)
    return Unlabelled(pictures_in(folder, channel), picture_reading(directory.model)) if folder.is_dir() else None


def pictures_in(folder: Path, channel: str) -> list[Path]:
    """Returns the paths of all images below a folder; raises ChannelError if there is none."""
    listed = list_folder(folder).pictures
    found = [folder / name for name in sorted(listed) if listed[name].suffix.lower() in IMAGE_SUFFIXES]
    if not found:
        raise ChannelError(f"channel {channel} has no {written_suffixes(IMAGE_SUFFIXES)} file: put at least one there")
    return found


def validation_samples(directory: JobDirectory, log: JobLog) -> Dataset:
    """Returns the validation samples, after a check of all of them."""
    images, masks = (directory.channel(name) for name in channels.HALVES[1])
    label_map = read_label_map(directory, channels.VALIDATION, log)
    num_classes = model_artifact.read_description(directory.model).num_classes
    found = find_samples(images, masks, channels.VALIDATION)
    half, look = Half(channels.VALIDATION, found, label_map), ChannelLook(channels.VALIDATION)
    reading = picture_reading(directory.model)
    checked = HalfCheck(ReadFacts(reading), num_classes, usable_cores()).run(half, look, lambda done, total: None)
    raise_refused([*checked.findings, *findings_of(look, label_map, num_classes, reading)])
    dataset = Dataset(found.samples, label_map, num_classes, channels.VALIDATION)
    dataset.reading = reading
    return dataset


def write_failure(directory: JobDirectory, error: SemsegError) -> None:
    """Writes output/failure: a JSON object with the name of the error's class and its sentence."""
    directory.output.mkdir(parents=True, exist_ok=True)
    write_public_json(directory.failure, {"error": type(error).__name__, "message": encodable(str(error))})


if __name__ == "__main__":
    sys.exit(main())
