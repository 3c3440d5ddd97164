"""Scores a model on the labelled pictures of a data set, in a child process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.api.names import name_from_base
from semseg.aws.account import Account
from semseg.contract.channels import HALVES, LABEL_MAP
from semseg.contract.echoed import echoed
from semseg.contract.label_maps import file_of
from semseg.errors import ChannelError, UserError
from semseg.local.evaluation.opened_model import ModelToOpen, opened_model, work_on
from semseg.local.files.input_channels import InputChannel, file_channels
from semseg.local.files.laying import lay_channels
from semseg.local.files.locations import check_folder
from semseg.local.jobs.child_work import work_folder
from semseg.local.jobs.home import Home
from semseg.local.jobs.process_folder import ProcessFolder
from semseg.machine.python_command import python_command
from semseg.plumbing.disk_space import full_disk_told
from semseg.plumbing.teller import Bar
from semseg.plumbing.whole_file import copy

EVALUATE_COMMAND = python_command("semseg.container.evaluate")


@dataclass(frozen=True)
class EvaluationRequest:
    """What is scored.

    Attributes:
        title: what the report calls the model.
        channels: shaped as a CreateTrainingJob's InputDataConfig; those that are not scored are left out.
        channel: "validation" or "train".
        folder: that gets the files; None means one in the home.
    """

    model: ModelToOpen
    title: str
    channels: Sequence[Mapping[str, Any]]
    channel: str
    folder: Path | None = None


class Evaluations:
    """Scores models in child processes.

    Args:
        home: what is under way, and what nobody gave a folder for, is kept there.
        account: S3, for what lies there, and where lines are shown.
        command: what scores; started with SAGEMAKER_BASE_DIR, and the channel and the title as arguments.
    """

    def __init__(self, home: Home, account: Account, command: Sequence[str] = EVALUATE_COMMAND) -> None:
        self.home = home
        self.account = account
        self.command = command

    def run(self, request: EvaluationRequest, bar: Bar) -> Path:
        """Scores a model, and returns the folder of the files.

        Raises:
            UserError, ChannelError: the channels, or the folder, cannot be used.
            ModelError, PlatformError: as of :func:`opened_model` and :func:`work_on`.
        """
        target = self.target(request.folder)
        channels = self._channels(request.channels, request.channel)
        with opened_model(request.model, self.home, self.account, "evaluation") as folder:
            self._lay(channels, request.channel, folder)
            command = [*self.command, request.channel, request.title]
            work_on(request.model, folder, self.home, command, "the evaluation", bar)
            return publish(folder, target)

    def target(self, folder: Path | None) -> Path:
        """Returns the folder that gets the files: this one, or a new one in the home, which is not made yet.

        Raises:
            UserError: the folder cannot be written to.
        """
        if folder is None:
            return self.home.evaluations / name_from_base("evaluation")
        check_folder("path", folder)
        return folder

    @contextmanager
    def data(self, channels: Sequence[Mapping[str, Any]], channel: str) -> Iterator[ProcessFolder]:
        """Yields a job directory with the channels that are scored, for whoever scores them; it is gone at the end.

        Args:
            channels, channel: as of :class:`EvaluationRequest`.
        """
        found = self._channels(channels, channel)
        self.home.create()
        with full_disk_told(self.home.evaluations), work_folder(self.home.evaluations, "evaluation") as folder:
            self._lay(found, channel, folder)
            folder.output_data.mkdir(parents=True)
            yield folder

    def _channels(self, channels: Sequence[Mapping[str, Any]], channel: str) -> list[InputChannel]:
        pair = scored_pair(channel)
        given = {each["ChannelName"]: each for each in channels if each["ChannelName"] in (*pair, LABEL_MAP)}
        missing = [name for name in pair if name not in given]
        if missing:
            raise ChannelError(
                f"an evaluation on {channel} needs the channels {' and '.join(pair)}, and {' and '.join(missing)} is "
                f"missing: give its folder"
            )
        return file_channels(list(given.values()), self.account)

    def _lay(self, channels: Sequence[InputChannel], scored: str, folder: ProcessFolder) -> None:
        for channel in channels:
            if channel.name == LABEL_MAP and channel.path is not None and channel.path.is_file():
                folder.channel(LABEL_MAP).mkdir(parents=True)
                # whatever its name is: there is one half to read
                (folder.channel(LABEL_MAP) / file_of(scored)).symlink_to(channel.path)
            else:
                lay_channels([channel], folder, self.home, self.account)


def publish(folder: ProcessFolder, target: Path) -> Path:
    """Copies what was written into the folder that gets the files, each file whole; returns it."""
    with full_disk_told(target):
        target.mkdir(parents=True, exist_ok=True)
        for file in sorted(folder.output_data.iterdir()):
            copy(file, target / file.name)
    return target


def scored_pair(channel: str) -> tuple[str, str]:
    """Returns the channels of the pictures and of the masks that are scored by the name of the first.

    Raises:
        UserError: there is no such pair.
    """
    for pair in HALVES:
        if pair[0] == channel:
            return pair
    raise UserError(f"channel must be {' or '.join(repr(pair[0]) for pair in HALVES)}, got {echoed(channel)}")
