"""Exports on this machine: a model archive goes in, and one with a form more comes out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semseg.archive.checksums import CHECKSUMS, write_checksums
from semseg.archive.export_report import ExportReport
from semseg.archive.exported_files import read_reports
from semseg.archive.model_artifact import BEST, HYPERPARAMS, LAST, TRAINED, forms_of, pack, sizes_of, unpack
from semseg.aws.account import Account
from semseg.contract import channels as names
from semseg.contract.exported_forms import Form, check_form_channels, check_packages
from semseg.contract.form_wish import FormWish
from semseg.contract.job_directory import MODEL_ARCHIVE
from semseg.errors import UserError
from semseg.local.export.archives import keep_forms, target_at
from semseg.local.files.input_channels import file_channels
from semseg.local.files.laying import lay_channels
from semseg.local.files.locations import local_archive
from semseg.local.jobs.child_work import run_child, work_folder
from semseg.local.jobs.home import Home
from semseg.machine.posix import check_posix
from semseg.machine.python_command import python_command
from semseg.plumbing.disk_need import DiskNeed, check_room
from semseg.plumbing.disk_space import full_disk_told
from semseg.plumbing.teller import SILENT
from semseg.plumbing.whole_file import IDLE_SECONDS, sweep

EXPORT_COMMAND = python_command("semseg.container.export")
# Which channels an export reads: pictures to compare answers on, and what a form is measured on that has to pass the
# gate.
COMPARED = (names.VALIDATION,)
GATED = (names.TRAIN, names.VALIDATION, names.VALIDATION_ANNOTATION, names.LABEL_MAP)


@dataclass(frozen=True)
class ExportRequest:
    """What is to be made.

    Attributes:
        model_data: a path, file:// or s3:// URI of a model.tar.gz.
        target: the archive that is written, and replaced where it is there.
        channels: shaped as a CreateTrainingJob's InputDataConfig; those that an export does not read are left out.
    """

    model_data: str | os.PathLike[str]
    target: Path
    form: Form
    channels: Sequence[Mapping[str, Any]]


class Exports:
    """Makes exported forms in child processes.

    Args:
        home: what is under way is kept there.
        account: S3, for what lies there, and where lines are shown.
        command: what exports; started with SAGEMAKER_BASE_DIR and with the words of the form as arguments.
    """

    def __init__(self, home: Home, account: Account, command: Sequence[str] = EXPORT_COMMAND) -> None:
        self.home = home
        self.account = account
        self.command = command

    def run(self, request: ExportRequest, show_log: bool) -> ExportReport:
        """Makes a form, waits for it, and writes the archive.

        Raises:
            UserError: what is asked for cannot be made of this model or of these channels, or there is too little room.
            ModelError: the model is none, or the form did not pass the accuracy gate.
            PlatformError: this system makes no exports, a package is missing, there is no room, or the process failed.
        """
        check_posix()
        check_packages(request.form)
        check_form_channels(request.form, [channel["ChannelName"] for channel in request.channels])
        wanted = GATED if request.form.is_gated else COMPARED
        channels = file_channels([c for c in request.channels if c["ChannelName"] in wanted], self.account)
        archive = local_archive("model_data", request.model_data, self.account, self.home)
        for warning in check_room(_needs(archive, request.target, self.home), f"the export to {request.target}"):
            self.account.teller.line(f"{warning}, which is hardly enough")
        self.home.create()
        with full_disk_told(self.home.exports), work_folder(self.home.exports, "export") as folder:
            unpack(archive, folder.model)
            keep_forms(request.target, folder.model, folder.root / "earlier")
            lay_channels(channels, folder, self.home, self.account)
            line = self.account.teller.line if show_log else SILENT.line
            run_child(folder, [*self.command, *request.form.words], "the export", line)
            report = ExportReport.from_json(read_reports(folder.model)[str(request.form)])
            if not (folder.model / CHECKSUMS).is_file():
                write_checksums(folder.model, TRAINED)
            request.target.parent.mkdir(parents=True, exist_ok=True)
            sweep(request.target.parent, IDLE_SECONDS)
            pack(folder.model, request.target, required=(HYPERPARAMS,))
        return replace(report, archive=str(request.target))

    def of_job(
        self, job: Mapping[str, Any], form: Form, path: str | os.PathLike[str] | None, show_log: bool
    ) -> ExportReport:
        """Exports the model of a training job, on its own channels.

        Args:
            job: shaped as DescribeTrainingJob.
            path: as of :func:`target_at`; None means the job's folder on this machine.
        """
        target = self.kept_archive(job["TrainingJobName"]) if path is None else target_at(path)
        return self.run(ExportRequest(_model_of(job), target, form, job["InputDataConfig"]), show_log)

    def with_form(self, job: Mapping[str, Any], wish: FormWish, show_log: bool) -> str:
        """Returns an archive of a job's model that has a form as is wished for; one is made where there is none, and
        kept.
        """
        kept = self.kept_archive(job["TrainingJobName"])
        if kept.is_file() and wish.is_met_by(forms_of(kept)):
            return str(kept)
        model_data = _model_of(job)
        if wish.is_met_by(forms_of(local_archive("model_data", model_data, self.account, self.home))):
            return model_data
        self.account.teller.line(f"The model has no {wish.noun} form yet: making one from the job's own channels.")
        return self.of_job(job, wish.form, None, show_log).archive

    def kept_archive(self, job_name: str) -> Path:
        """Returns where the exported forms of a job's model are kept.

        That is the job's folder, or a folder of its name among the exports where the job ran elsewhere.
        """
        folder = self.home.jobs / job_name
        return (folder / "exports" if folder.is_dir() else self.home.exports / job_name) / MODEL_ARCHIVE


def _needs(archive: Path, target: Path, home: Home) -> list[DiskNeed]:
    """Returns what an export writes: the model's files, a graph and a form as large as its parameters, the archive."""
    sizes = sizes_of(archive)
    model, parameters = sum(sizes.values()), sizes.get(BEST, sizes.get(LAST, 0))
    return [
        DiskNeed(home.exports, model + 2 * parameters, "the model, its graph and its form"),
        DiskNeed(target, model + parameters, "the archive"),
    ]


def _model_of(job: Mapping[str, Any]) -> str:
    uri = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if not uri:
        raise UserError(
            f"training job {job['TrainingJobName']} has no model to export: it is {job['TrainingJobStatus']}"
        )
    return str(uri)
