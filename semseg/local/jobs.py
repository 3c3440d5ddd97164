"""Training jobs of this machine."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from semseg.contract.metric_lines import HOST, METRIC_DEFINITIONS
from semseg.contract.names import check_name
from semseg.errors import UserError
from semseg.local.home import Home, staged
from semseg.local.input_channels import LocalChannel, local_channels
from semseg.local.job_folder import JobFolder, JobStatus
from semseg.local.json_file import read_json, write_json
from semseg.local.locations import local_path
from semseg.local.metrics import last_metrics
from semseg.local.process import start_detached, take_lock

TRAIN_COMMAND = (sys.executable, "-m", "semseg.container.train")
NOUN = "a training job"


class Jobs:
    """The jobs below one home.

    Args:
        home: where they are kept.
        command: what trains; started with SAGEMAKER_BASE_DIR naming the job's directory.
    """

    def __init__(self, home: Home, command: Sequence[str] = TRAIN_COMMAND) -> None:
        self.home = home
        self.command = command

    def start(self, request: Mapping[str, Any]) -> None:
        """Start a job and return at once.

        Args:
            request: shaped as the SageMaker API's CreateTrainingJob; locations are paths or file:// URIs.

        Raises:
            UserError: the job's name is not one or is taken, or a location cannot be used.
        """
        name = request["TrainingJobName"]
        check_name(NOUN, name)
        channels = local_channels(request["InputDataConfig"])
        self.home.create()
        request = self._with_output_path(request)
        target = self.home.jobs / name
        with staged(target, NOUN) as staging:
            _prepare(JobFolder(staging), request, channels)
            lock = take_lock(JobFolder(staging).lock)
        with lock:
            supervisor = (sys.executable, "-m", "semseg.local.supervisor", str(target), *self.command)
            start_detached(supervisor, os.environ, JobFolder(target).log, lock)

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

    def _with_output_path(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request with an output path that can be written to, the default being the folder of all jobs."""
        given = request["OutputDataConfig"].get("S3OutputPath")
        output = local_path("output_path", given) if given else self.home.jobs
        _check_writable(output)
        return {**request, "OutputDataConfig": {**request["OutputDataConfig"], "S3OutputPath": output.as_uri()}}

    def _latest(self) -> str:
        folders = sorted(self.home.jobs.glob("[!.]*"), key=lambda folder: folder.stat().st_mtime, reverse=True)
        return ", ".join(folder.name for folder in folders[:5]) or "none"


def _check_writable(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output_path must be a folder that can be written to, got {str(output)!r}: {error}") from error
    if not os.access(output, os.W_OK):
        raise UserError(f"output_path must be a folder that can be written to, got {str(output)!r}")


def _prepare(job: JobFolder, request: Mapping[str, Any], channels: Sequence[LocalChannel]) -> None:
    for folder in (job.model, job.output_data, job.checkpoints):
        folder.mkdir(parents=True)
    for channel in channels:
        channel.lay_into(job)
    write_json(job.hyperparameters, request["HyperParameters"])
    write_json(job.input_data_config, {channel.name: channel.configuration() for channel in channels})
    write_json(job.resource_config, resource_configuration(request["ResourceConfig"]["InstanceType"]))
    write_json(job.request, request)
    job.write_status(JobStatus("InProgress", "Starting", created=time.time()))


def resource_configuration(instance_type: str) -> dict[str, Any]:
    """The content of resourceconfig.json for one machine of this type."""
    return {
        "current_host": HOST,
        "hosts": [HOST],
        "network_interface_name": "lo",
        "current_instance_type": instance_type,
    }


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
