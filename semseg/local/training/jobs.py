"""Training jobs of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from semseg.api.names import check_name
from semseg.aws.account import Account
from semseg.contract.channels import MANIFEST
from semseg.contract.metric_lines import METRIC_DEFINITIONS
from semseg.contract.resource_config import resource_configuration
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import UserError
from semseg.local.files.input_channels import InputChannel, input_channels
from semseg.local.files.locations import local_path
from semseg.local.jobs.home import Home, check_free, staged
from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.process.process import left_on_failure, start_detached, take_lock
from semseg.local.training.checkpoints import NOUN as CHECKPOINTS
from semseg.local.training.checkpoints import checkpoint_location
from semseg.local.training.metrics import last_metrics
from semseg.local.training.results import NOUN as OUTPUT
from semseg.local.training.results import check_output, encryption
from semseg.machine.python_command import python_command
from semseg.plumbing.json_file import read_json, write_json

TRAIN_COMMAND = python_command("semseg.container.train")
NOUN = "a training job"


class Jobs:
    """The jobs below one home.

    Args:
        home: where they are kept.
        command: what trains; started with SAGEMAKER_BASE_DIR naming the job's directory.
        account: S3, for what lies there; None means that of the environment.
    """

    def __init__(self, home: Home, command: Sequence[str] = TRAIN_COMMAND, account: Account | None = None) -> None:
        self.home = home
        self.command = command
        self.account = account or Account()

    def start(self, request: Mapping[str, Any]) -> None:
        """Start a job and return at once.

        Args:
            request: shaped as the SageMaker API's CreateTrainingJob; locations are paths, file:// or s3:// URIs.

        Raises:
            UserError: the job's name is not one or is taken, or a location cannot be used.
            PlatformError: S3 could not be reached.
        """
        name = request["TrainingJobName"]
        check_name(NOUN, name)
        self.home.create()
        target = self.home.jobs / name
        check_free(target, NOUN)
        channels = input_channels(request["InputDataConfig"], self.account, _input_mode(request))
        request = self._with_locations(request)
        with left_on_failure() as opened, staged(target, NOUN) as staging:
            _prepare(JobFolder(staging), request, channels)
            lock = opened.enter_context(take_lock(JobFolder(staging).lock))
        with lock:
            supervisor = python_command("semseg.local.training.supervisor", str(target), *self.command)
            start_detached(supervisor, self._environment(request), JobFolder(target).log, lock)

    def folder(self, name: str) -> JobFolder:
        """The folder of a job that exists.

        Raises:
            UserError: there is no such job; the sentence names the latest ones.
        """
        check_name(NOUN, name)
        folder = JobFolder(self.home.jobs / name)
        if not folder.request.is_file():
            raise UserError(
                f"there is no training job {name!r} in {str(self.home.jobs)!r}; the latest: {self._latest()}"
            )
        return folder

    def stop(self, name: str) -> None:
        """Ask a job to stop, and return at once; nothing happens to one that has ended."""
        self.folder(name).stop_request.touch()

    def describe(self, name: str) -> dict[str, Any]:
        """The job, shaped as the SageMaker API's DescribeTrainingJob."""
        folder = self.folder(name)
        description = dict(read_json(folder.request))
        description["AlgorithmSpecification"]["MetricDefinitions"] = METRIC_DEFINITIONS
        description.update(_status_fields(folder.read_status()))
        description["FinalMetricDataList"] = [
            {"MetricName": metric.name, "Value": metric.value, "Timestamp": metric.time}
            for metric in last_metrics(folder.log)
        ]
        return description

    def _with_locations(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request with locations that can be written to, whatever folder the supervisor runs in.

        The default for the output is the folder of all jobs.
        """
        given = request["OutputDataConfig"].get("S3OutputPath")
        output = _absolute(OUTPUT, given) if given else str(self.home.jobs)
        changed = {**request, "OutputDataConfig": {**request["OutputDataConfig"], "S3OutputPath": _uri(output)}}
        checkpoints = checkpoint_location(request)
        if checkpoints is not None:
            check_output(CHECKPOINTS, checkpoints, self.account)
            changed["CheckpointConfig"] = {**request["CheckpointConfig"], "S3Uri": _uri(checkpoints)}
        check_output(OUTPUT, output, self.account, encryption(request))
        changed["InputDataConfig"] = [_with_absolute_location(channel) for channel in request["InputDataConfig"]]
        return changed

    def _environment(self, request: Mapping[str, Any]) -> dict[str, str]:
        """What the supervisor finds in its environment; S3's credentials are there and nowhere else."""
        return {**os.environ, **(self.account.connection.child_environment() if _needs_s3(request) else {})}

    def _latest(self) -> str:
        folders = sorted(self.home.jobs.glob("[!.]*"), key=lambda folder: folder.stat().st_mtime, reverse=True)
        return ", ".join(folder.name for folder in folders[:5]) or "none"


def _input_mode(request: Mapping[str, Any]) -> str:
    return str(request["AlgorithmSpecification"]["TrainingInputMode"])


def _absolute(noun: str, location: str) -> str:
    return str(S3Uri.parse(noun, location)) if is_s3(location) else str(local_path(noun, location))


def _uri(location: str) -> str:
    return location if is_s3(location) else Path(location).as_uri()


def _with_absolute_location(channel: Mapping[str, Any]) -> dict[str, Any]:
    source = channel["DataSource"]["S3DataSource"]
    location = _absolute(f"channel {channel['ChannelName']!r}", source["S3Uri"])
    return {**channel, "DataSource": {"S3DataSource": {**source, "S3Uri": location}}}


def _needs_s3(request: Mapping[str, Any]) -> bool:
    sources = [channel["DataSource"]["S3DataSource"] for channel in request["InputDataConfig"]]
    locations = [source["S3Uri"] for source in sources] + [request["OutputDataConfig"]["S3OutputPath"]]
    return any(map(is_s3, [*locations, checkpoint_location(request) or ""])) or any(
        source.get("S3DataType") == MANIFEST for source in sources
    )


def _prepare(job: JobFolder, request: Mapping[str, Any], channels: Sequence[InputChannel]) -> None:
    for folder in (job.model, job.output_data, *([job.checkpoints] if request.get("CheckpointConfig") else [])):
        folder.mkdir(parents=True)
    for channel in channels:
        channel.lay_into(job)
    write_json(job.hyperparameters, request["HyperParameters"])
    write_json(job.input_data_config, {channel.name: channel.configuration() for channel in channels})
    write_json(job.resource_config, resource_configuration(request["ResourceConfig"]["InstanceType"]))
    write_json(job.request, request)
    job.write_status(JobStatus("InProgress", "Starting", created=time.time()))


def _status_fields(status: JobStatus) -> dict[str, Any]:
    ended = status.ended or time.time()
    fields: dict[str, Any] = {
        "TrainingJobStatus": status.status,
        "SecondaryStatus": status.secondary_status,
        "CreationTime": _moment(status.created),
    }
    if status.started:
        seconds = max(0, round(ended - status.started))
        fields["TrainingStartTime"] = _moment(status.started)
        fields["TrainingTimeInSeconds"] = fields["BillableTimeInSeconds"] = seconds
    if status.ended:
        fields["TrainingEndTime"] = _moment(status.ended)
    if status.model_data:
        fields["ModelArtifacts"] = {"S3ModelArtifacts": status.model_data}
    if status.failure_reason:
        fields["FailureReason"] = status.failure_reason
    return fields


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=timezone.utc)
