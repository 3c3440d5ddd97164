"""Batch transform jobs of this machine."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from semseg.api.local_refusals import check_instance
from semseg.api.names import check_name
from semseg.aws.account import Account
from semseg.contract.environment import CACHE_DIR
from semseg.contract.s3_uri import is_s3
from semseg.errors import PlatformError, UserError
from semseg.local.endpoint.endpoints import SERVE_COMMAND
from semseg.local.endpoint.folder import without_token
from semseg.local.files.locations import local_path
from semseg.local.jobs.home import Home, staged
from semseg.local.jobs.job_folder import JobStatus
from semseg.local.process.log_follower import LogFollower
from semseg.local.process.process import left_on_failure, start_detached, take_lock
from semseg.local.transform.data import check_output, list_inputs
from semseg.local.transform.folder import TransformFolder
from semseg.local.transform.log import TransformBar
from semseg.machine.python_command import python_command
from semseg.plumbing.json_file import read_json, write_json

NOUN = "a transform job"

# What a job can be told in SageMaker, by its place in the request, and the one value that holds here.
ONLY_VALUE: Mapping[tuple[str, ...], Any] = {
    ("TransformInput", "DataSource", "S3DataSource", "S3DataType"): "S3Prefix",
    ("TransformInput", "CompressionType"): "None",
    ("TransformInput", "SplitType"): "None",
    ("TransformOutput", "AssembleWith"): "None",
    ("DataProcessing", "InputFilter"): "$",
    ("DataProcessing", "OutputFilter"): "$",
    ("DataProcessing", "JoinSource"): "None",
    ("DataCaptureConfig", "DestinationS3Uri"): None,
}
# Source of the limits: the SageMaker API reference, CreateTransformJob and ModelClientConfig.
WHOLE_NUMBERS: Mapping[tuple[str, ...], tuple[int, int]] = {
    ("MaxConcurrentTransforms",): (1, 100),
    ("MaxPayloadInMB",): (0, 100),
    ("ModelClientConfig", "InvocationsTimeoutInSeconds"): (1, 3600),
    ("ModelClientConfig", "InvocationsMaxRetries"): (0, 3),
}


class TransformJobs:
    """The batch transform jobs below one home.

    Args:
        home: where they are kept.
        account: reaches S3, where pictures, answers or the model are there.
        command: what serves the model, as for an endpoint.
    """

    def __init__(self, home: Home, account: Account, command: Sequence[str] = SERVE_COMMAND) -> None:
        self.home = home
        self.account = account
        self.command = command

    def start(self, request: Mapping[str, Any], model: Mapping[str, Any]) -> None:
        """Start a job and return at once.

        Args:
            request: shaped as the SageMaker API's CreateTransformJob; locations are paths, file:// or S3 URIs.
            model: shaped as DescribeModel's answer.

        Raises:
            UserError: the job's name is not one or is taken, there is nothing to transform, or a setting has no
                meaning on this machine.
        """
        name = request["TransformJobName"]
        check_name(NOUN, name)
        _check(request)
        inputs = list_inputs(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"], self.account)
        self.home.create()
        target = TransformFolder(self.home.transform_jobs / name)
        request = _with_output_path(request, target)
        with left_on_failure() as opened, staged(target.root, NOUN) as staging:
            folder = TransformFolder(staging)
            write_json(folder.request, request)
            write_json(folder.model_description, {"PrimaryContainer": model["PrimaryContainer"]})
            folder.write_inputs(inputs)
            folder.write_status(JobStatus("InProgress", "InProgress", created=time.time()))
            lock = opened.enter_context(take_lock(folder.lock))
        with lock:
            supervisor = python_command("semseg.local.transform.supervisor", str(target.root), *self.command)
            cache = {CACHE_DIR.name: str(self.home.compiled)}  # the job's own home does not outlive it
            environment = {**cache, **os.environ, **self.account.connection.child_environment()}
            start_detached(supervisor, environment, target.log, lock)

    def folder(self, name: str) -> TransformFolder:
        """The folder of a job that exists.

        Raises:
            UserError: there is no such job.
        """
        check_name(NOUN, name)
        folder = TransformFolder(self.home.transform_jobs / name)
        if not folder.request.is_file():
            raise UserError(f"there is no transform job {name!r} in {str(self.home.transform_jobs)!r}")
        return folder

    def wait(self, name: str, show_logs: bool) -> None:
        """Wait for a job's end, with a progress bar on terminals and in notebooks.

        Ctrl-C asks the job to stop and waits for its end before it goes on.

        Raises:
            PlatformError: the job failed.
        """
        folder = self.folder(name)
        follower = LogFollower(folder.log, lambda: folder.read_status().is_final)
        try:
            _follow(follower, name, show_logs)
        except KeyboardInterrupt:
            self.stop(name)
            print(f"Stopping {name} and keeping the answers that are there.", flush=True)
            _follow(follower, name, show_logs)
            raise
        status = folder.read_status()
        if status.status == "Failed":
            raise PlatformError(f"Error for Transform job {name}: Failed. Reason: {status.failure_reason}")

    def stop(self, name: str) -> None:
        """Ask a job to stop, and return at once; the answers that are there are kept."""
        self.folder(name).stop_request.touch()

    def describe(self, name: str) -> dict[str, Any]:
        """The job, shaped as the SageMaker API's DescribeTransformJob; a token in its environment is shown as ***."""
        folder = self.folder(name)
        request = read_json(folder.request)
        if "Environment" in request:
            request["Environment"] = without_token(request["Environment"])
        return {**request, **_status_fields(folder.read_status())}


def _follow(follower: LogFollower, name: str, show_logs: bool) -> None:
    with contextlib.closing(TransformBar(name)) as bar:
        for line in follower.lines():
            bar.feed(line)
            if show_logs:
                bar.print(line)


def _check(request: Mapping[str, Any]) -> None:
    resources = request["TransformResources"]
    check_instance(resources["InstanceType"], resources["InstanceCount"])
    for place, only in ONLY_VALUE.items():
        value = _at(request, place)
        if value not in (None, only):
            rule = only or "left out"
            raise UserError(f"{place[-1]} of {NOUN} must be {rule} on this machine, got {value!r}")
    for place, (least, most) in WHOLE_NUMBERS.items():
        value = _at(request, place)
        if value is not None and not (type(value) is int and least <= value <= most):
            raise UserError(f"{place[-1]} of {NOUN} must be a whole number from {least} to {most}, got {value!r}")


def _at(request: Mapping[str, Any], place: Sequence[str]) -> Any:
    value: Any = request
    for key in place:
        value = (value or {}).get(key)
    return value


def _with_output_path(request: Mapping[str, Any], folder: TransformFolder) -> dict[str, Any]:
    """The request with an output path that can be written to, the default being a folder of the job."""
    given = request["TransformOutput"].get("S3OutputPath")
    if given and not is_s3(given):
        given = local_path("output_path", given).as_uri()
    if given:
        check_output(given)
    output = given or folder.output.absolute().as_uri()  # a folder of the job
    return {**request, "TransformOutput": {**request["TransformOutput"], "S3OutputPath": output}}


def _status_fields(status: JobStatus) -> dict[str, Any]:
    fields: dict[str, Any] = {"TransformJobStatus": status.status, "CreationTime": _moment(status.created)}
    if status.started:
        fields["TransformStartTime"] = _moment(status.started)
    if status.ended:
        fields["TransformEndTime"] = _moment(status.ended)
    if status.failure_reason:
        fields["FailureReason"] = status.failure_reason
    return fields


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=timezone.utc)
