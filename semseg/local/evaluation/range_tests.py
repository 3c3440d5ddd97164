"""Tries learning rates for a training job, in a child process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from semseg.aws.account import Account
from semseg.contract.environment import FACTS_DIR
from semseg.contract.resource_config import resource_configuration
from semseg.local.evaluation.opened_model import moving
from semseg.local.files.input_channels import InputChannel, file_channels
from semseg.local.files.laying import lay_channels
from semseg.local.jobs.child_work import run_child, work_folder
from semseg.local.jobs.home import Home
from semseg.local.jobs.process_folder import ProcessFolder
from semseg.machine.posix import check_posix
from semseg.machine.python_command import python_command
from semseg.plumbing.disk_space import full_disk_told
from semseg.plumbing.json_file import read_json, write_json
from semseg.plumbing.teller import SILENT, Bar

FIND_RATE_COMMAND = python_command("semseg.container.find_rate")


class RangeTests:
    """Tries learning rates in child processes.

    Args:
        home: what is under way is kept there.
        account: S3, for channels that lie there.
        command: what tries them; started with SAGEMAKER_BASE_DIR.
    """

    def __init__(self, home: Home, account: Account, command: Sequence[str] = FIND_RATE_COMMAND) -> None:
        self.home = home
        self.account = account
        self.command = command

    def run(self, request: Mapping[str, Any], bar: Bar) -> dict[str, Any]:
        """Tries learning rates for a job, and returns the curve as a JSON object. All channels are read as files.

        Args:
            request: shaped as a CreateTrainingJob.

        Raises:
            UserError, ChannelError, ModelError, PlatformError: as a job would fail before its first epoch.
        """
        check_posix()
        channels = file_channels(request["InputDataConfig"], self.account)
        self.home.create()
        with full_disk_told(self.home.evaluations), work_folder(self.home.evaluations, "range-test") as folder:
            self._lay(request, channels, folder)
            environment = {FACTS_DIR.name: str(self.home.facts), **request.get("Environment", {})}
            noun = "the range test of learning rates"
            run_child(folder, self.command, noun, SILENT.line, environment, moving(folder, bar))
            curve: dict[str, Any] = read_json(folder.learning_rates)
            return curve

    def _lay(self, request: Mapping[str, Any], channels: Sequence[InputChannel], folder: ProcessFolder) -> None:
        lay_channels(channels, folder, self.home, self.account)
        folder.output_data.mkdir(parents=True)
        write_json(folder.hyperparameters, request["HyperParameters"])
        write_json(folder.input_data_config, {channel.name: channel.configuration() for channel in channels})
        write_json(folder.resource_config, resource_configuration(request["ResourceConfig"]["InstanceType"]))
