"""A training job as the form orders it: read, checked, started, and written as text to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from semseg.api.names import DEFAULT_BASE_NAME, check_name, name_from_base
from semseg.console.request_body import Form, first
from semseg.console.roots import Roots
from semseg.contract.channels import KNOWN, MODEL
from semseg.contract.resource_config import LOCAL, LOCAL_TYPES
from semseg.contract.s3_uri import is_s3
from semseg.errors import ChannelError, SemsegError, UserError
from semseg.overview.data_folder import channels_of
from semseg.overview.hyperparameter_fields import hyperparameter_fields, problems_by_name
from semseg.overview.snippets import training_as_command, training_as_python
from semseg.overview.training_form import TrainingForm, start_job
from semseg.session import Session

CHANNELS = tuple(name for name in KNOWN if name != MODEL)
DATA, NAME, INSTANCE_TYPE, ROLE, OUTPUT_PATH = "data", "job_name", "instance_type", "role", "output_path"
CHANNEL_PREFIX = "channel."  # of the names of fields
WEIGHTS = "pretrained_weights"  # the one hyperparameter that names a file of this machine
_LONGEST = 40  # characters of a name that is made up


@dataclass(frozen=True)
class TrainingOrder:
    """What a form says of a job.

    Attributes:
        data: the folder of all channels; "" where each has its own place.
        channels: the places of single channels, which count more than those in the folder.
        name: of the job; "" where it is to be made up.
        instance_type: where it trains.
        role, output_path: of a managed job.
        hyperparameters: those that are set, in the wire form.
    """

    data: str = ""
    channels: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    instance_type: str = LOCAL
    role: str = ""
    output_path: str = ""
    hyperparameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: Form) -> TrainingOrder:
        """Returns what a form says; fields that are left empty are not set."""
        channels = {name: first(form, f"{CHANNEL_PREFIX}{name}") for name in CHANNELS}
        given = {one.name: first(form, one.name) for one in hyperparameter_fields()}
        return cls(
            first(form, DATA),
            {name: place for name, place in channels.items() if place},
            first(form, NAME),
            first(form, INSTANCE_TYPE, LOCAL),
            first(form, ROLE),
            first(form, OUTPUT_PATH),
            {name: value for name, value in given.items() if value},
        )

    @property
    def is_local(self) -> bool:
        """Whether it trains on this machine."""
        return self.instance_type in LOCAL_TYPES

    def problems(self, roots: Roots, session: Session) -> dict[str, str]:
        """Returns what is wrong: a sentence for each field, by its name; "" names what concerns no field alone."""
        found = problems_by_name(self.hyperparameters)
        try:
            if not is_s3(self.data):  # what lies there is asked for when the job is started, not while one types
                self.places(roots, session)
        except SemsegError as error:
            found[DATA] = str(error)
        if self.name:
            found.update(self._problem_of_name(session))
        weights = self.hyperparameters.get(WEIGHTS)
        if weights and self.is_local:
            try:
                roots.file(weights)
            except UserError as error:
                found[WEIGHTS] = str(error)
        if not self.is_local and not self.role:
            found[ROLE] = "role must be the ARN or the name of a role that SageMaker may take, got none"
        if self.output_path and not is_s3(self.output_path):
            found[OUTPUT_PATH] = f"output_path must be an s3:// URI here, got {self.output_path!r:.200}"
        return found

    def places(self, roots: Roots, session: Session) -> dict[str, str]:
        """Returns the place of each channel; those of this machine lie below the roots.

        Raises:
            UserError, ChannelError: one is not below them, or missing.
        """
        if not self.data and not self.channels:
            raise ChannelError("data must be a folder that holds the channels, got none: choose one on the page Data")
        folder = _allowed(self.data, roots) if self.data else None
        given = {name: _allowed(place, roots) for name, place in self.channels.items()}
        found = channels_of(folder, given, session)
        return {name: _allowed(place, roots) for name, place in found.items()}  # of links in the folder, too

    def start(self, roots: Roots, session: Session) -> str:
        """Starts the job, and returns its name.

        Raises:
            SemsegError: it is refused.
        """
        form = TrainingForm(
            self.places(roots, session),
            self.hyperparameters,
            self.name or name_from_base(base_name(self.data) or DEFAULT_BASE_NAME),
            self.instance_type,
            role=self.role or None,
            output_path=self.output_path or None,
        )
        return start_job(session, form)

    def snippets(self) -> list[tuple[str, str]]:
        """Returns the same job as text to copy, each with its title: in Python and as a command."""
        data = {**self._in_folder(), **self.channels} if self.channels else self.data or "data"
        settings = {"instance_type": self.instance_type, "role": self.role, "output_path": self.output_path}
        return [
            ("Python", training_as_python(data, self.name, self.hyperparameters, settings)),
            ("Command", training_as_command(data, self.name, self.hyperparameters, settings)),
        ]

    def _in_folder(self) -> dict[str, str]:
        folder = self.data.rstrip("/")
        return {name: f"{folder}/{name}" for name in CHANNELS[:4]} if folder else {}

    def _problem_of_name(self, session: Session) -> dict[str, str]:
        try:
            check_name("a training job", self.name)
        except UserError as error:
            return {NAME: str(error)}
        is_taken = self.is_local and session.local.has_training_job(self.name)
        return {NAME: f"there is a training job {self.name} already: give another name"} if is_taken else {}


def base_name(data: str) -> str | None:
    """Returns what the names of jobs on a data set begin with, made of its folder's name; None where that has none."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", PurePath(data).name).strip("-")[:_LONGEST].strip("-")
    return plain or None


def free_name(data: str, session: Session) -> str:
    """Returns a name for the next job on a data set, such as "scenes-3"; "" where its folder gives none."""
    base = base_name(data)
    if base is None:
        return ""
    number = 1
    while session.local.has_training_job(f"{base}-{number}"):
        number += 1
    return f"{base}-{number}"


def _allowed(place: str, roots: Roots) -> str:
    return place if is_s3(place) else str(roots.folder(place.removeprefix("file://")))
