"""``python -m semseg.container.export <format> <precision> [light]``: exports the model in SAGEMAKER_BASE_DIR.

It uses those of these channels that are in input/data: ``train``, without masks, ``validation`` and
``validation_annotation``, with ``label_map``. Exit code 0 means that the form and its report are in the model folder;
otherwise output/failure, a JSON object with the name of the error's class and its sentence, says why.
"""

from __future__ import annotations

import sys
from pathlib import Path

from semseg.container.command import run
from semseg.container.engines import reference_network
from semseg.container.loading import picture_reading
from semseg.container.model_samples import model_samples
from semseg.contract import channels
from semseg.contract.echoed import echoed
from semseg.contract.exported_forms import LIGHT, Form, check_form_channels, check_packages
from semseg.contract.job_directory import JobDirectory
from semseg.contract.pairing import IMAGE_SUFFIXES, written_suffixes
from semseg.data.samples import list_folder
from semseg.errors import ChannelError, UserError
from semseg.exporting.form_export import FormExport, Samples
from semseg.exporting.pictures import Unlabelled
from semseg.training.job_log import JobLog


def main() -> int:
    """Runs the export that the command line names, and returns the exit code."""
    return run(lambda directory, log: export(directory, form_of(*sys.argv[1:]), log), "the export")


def form_of(format: str, precision: str, light: str = "") -> Form:
    """Returns the form of these words; the third is "light" or is not there.

    Raises:
        UserError: there is no such form.
    """
    if light not in ("", LIGHT):
        raise UserError(f"the third word of a form must be {LIGHT}, got {echoed(light)}")
    return Form.of(format, precision, light == LIGHT)


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
        validation = model_samples(directory, log)
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


if __name__ == "__main__":
    sys.exit(main())
