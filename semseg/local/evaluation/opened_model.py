"""A model in the folder of a child process that works on it and ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from semseg.archive.model_artifact import unpack, unpacked_size
from semseg.aws.account import Account
from semseg.contract.environment import CACHE_DIR, ENGINE, PRECISION, TTA
from semseg.contract.resource_config import LOCAL, resource_configuration
from semseg.contract.work_progress import WorkProgress
from semseg.local.export.archives import check_form_wish
from semseg.local.files.locations import local_archive
from semseg.local.jobs.child_work import run_child, work_folder
from semseg.local.jobs.home import Home
from semseg.local.jobs.process_folder import ProcessFolder
from semseg.machine.posix import check_posix
from semseg.plumbing.disk_need import DiskNeed, check_room
from semseg.plumbing.disk_space import full_disk_told
from semseg.plumbing.json_file import write_json
from semseg.plumbing.teller import SILENT, Bar


@dataclass(frozen=True)
class ModelToOpen:
    """A model, and how it is opened.

    Attributes:
        model_data: a path, file:// or s3:// URI of a model.tar.gz, or of a folder with its files.
        engine, precision, test_time_augmentation: as SEMSEG_ENGINE, SEMSEG_PRECISION and SEMSEG_TTA have them; None
            leaves that to the model.
        instance_type: "local" or "local_gpu".
    """

    model_data: str | os.PathLike[str]
    engine: str | None = None
    precision: str | None = None
    instance_type: str = LOCAL
    test_time_augmentation: str | None = None
    environment: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        asked = {
            ENGINE.name: self.engine,
            PRECISION.name: self.precision,
            TTA.name: self.test_time_augmentation,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        for variable in (ENGINE, PRECISION, TTA):
            variable.read(given)
        object.__setattr__(self, "environment", given)


@contextmanager
def opened_model(model: ModelToOpen, home: Home, account: Account, noun: str) -> Iterator[ProcessFolder]:
    """Yields a job directory with the model's files, which is gone at the end.

    Args:
        noun: the work, one word; a part of the directory's name.

    Raises:
        UserError: there is too little room for the files, or the model is not where it should be.
        ModelError: the archive cannot be used, or has not the form that is to answer.
        PlatformError: this system runs no such work.
    """
    check_posix()
    archive = local_archive("model_data", model.model_data, account, home)
    need = DiskNeed(home.evaluations, unpacked_size(archive), "the model's files")
    for warning in check_room([need], f"the {noun}"):
        account.teller.line(f"{warning}, which is hardly enough")
    home.create()
    with full_disk_told(home.evaluations), work_folder(home.evaluations, noun) as folder:
        unpack(archive, folder.model)
        check_form_wish(folder.model, model.environment)
        write_json(folder.resource_config, resource_configuration(model.instance_type))
        yield folder


def work_on(model: ModelToOpen, folder: ProcessFolder, home: Home, command: Sequence[str], noun: str, bar: Bar) -> None:
    """Runs a command on an opened model to its end, and moves a bar along with it.

    Args:
        noun: the work, for a sentence: "the evaluation".

    Raises:
        UserError, ModelError, PlatformError: as of :func:`semseg.local.jobs.child_work.run_child`.
    """
    environment = {CACHE_DIR.name: str(home.compiled), **model.environment}
    run_child(folder, command, noun, SILENT.line, environment, moving(folder, bar))


def moving(folder: ProcessFolder, bar: Bar) -> Callable[[], None]:
    """Returns what moves a bar to where the work in a folder is."""

    def move() -> None:
        try:
            progress = WorkProgress.from_json(folder.progress.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        if progress is not None:
            bar.move(progress.done, progress.total)

    return move
