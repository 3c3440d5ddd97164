"""Batch transform jobs of this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from semseg.api.local_refusals import check_instance
from semseg.api.names import check_name
from semseg.aws.account import Account
from semseg.contract.echoed import echoed
from semseg.contract.environment import CACHE_DIR, without_token
from semseg.contract.s3_uri import is_s3
from semseg.errors import UserError
from semseg.local.endpoint.endpoints import SERVE_COMMAND
from semseg.local.files.locations import check_folder, local_path
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_store import JobKind, JobStore
from semseg.local.process.process import is_locked
from semseg.local.transform.folder import TransformFolder
from semseg.local.transform.listing import list_inputs
from semseg.local.transform.log import reader
from semseg.plumbing.json_file import write_json

KIND = JobKind(
    noun="a transform job",
    title="Transform job",
    api_name="TransformJob",
    times="Transform",
    folder=TransformFolder,
    place=lambda home: home.transform_jobs,
    supervisor="semseg.local.transform.supervisor",
    reader=reader,
    on_interrupt="Stopping {name} and keeping the answers that are there.",
)

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


class TransformJobs(JobStore[TransformFolder]):
    """The batch transform jobs below one home.

    Args:
        home: where they are kept.
        account: reaches S3, where pictures, answers or the model are there; shows lines and bars.
        command: what serves the model, as for an endpoint.
    """

    def __init__(self, home: Home, account: Account, command: Sequence[str] = SERVE_COMMAND) -> None:
        super().__init__(KIND, home, command, account)

    def start(self, request: Mapping[str, Any], model: Mapping[str, Any]) -> None:
        """Starts a job and returns at once.

        Args:
            request: shaped as the SageMaker API's CreateTransformJob; locations are paths, file:// or S3 URIs.
            model: shaped as DescribeModel's answer.

        Raises:
            UserError: the job's name is not one or is taken, there is nothing to transform, or a setting has no
                meaning on this machine.
        """
        cache = {CACHE_DIR.name: str(self.home.compiled)}  # the job's own home does not outlive it
        environment = {**cache, **self.environment(_needs_s3(request, model))}
        folder, lock = self.prepare(request, model)
        self.supervise(folder, lock, environment)

    def prepare(self, request: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[TransformFolder, BinaryIO]:
        """Checks a request and makes the folder of its job, ready for a supervisor; see :meth:`start`.

        Returns:
            The folder and its lock, as of :meth:`JobStore.new`.
        """
        name = request["TransformJobName"]
        check_name(KIND.noun, name)
        _check(request)
        listing = list_inputs(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"], self.account)
        request = _without_token(_with_output_path(request, TransformFolder(self.place / name)))
        container = dict(model["PrimaryContainer"])
        container["Environment"] = without_token(container.get("Environment") or {})
        self._end_orphans()
        if listing.sentence:
            self.account.teller.line(listing.sentence)

        def fill(folder: TransformFolder) -> None:
            write_json(folder.model_description, {"PrimaryContainer": container})
            folder.write_inputs(listing.inputs)

        return self.new(name, request, fill)

    def describe(self, name: str) -> dict[str, Any]:
        """Returns the job, shaped as the SageMaker API's DescribeTransformJob.

        Times are aware datetimes in UTC, and a token in its environment is shown as ***.
        """
        return _without_token(super().describe(name))

    def _end_orphans(self) -> None:
        """Ends the servers of jobs that were killed, and removes what is left of them."""
        for left in self.place.glob("[!.]*/server"):
            job = TransformFolder(left.parent)
            if not is_locked(job.lock):
                job.end_server()


def _needs_s3(request: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Returns whether the pictures, the answers or the model of a job lie in S3."""
    locations = [
        _at(request, ("TransformInput", "DataSource", "S3DataSource", "S3Uri")),
        _at(request, ("TransformOutput", "S3OutputPath")),
        _at(model, ("PrimaryContainer", "ModelDataUrl")),
    ]
    return any(is_s3(location) for location in locations if location)


def _without_token(request: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the request with *** for a token: a job's own server gets one of its own, which goes with it."""
    if not request.get("Environment"):
        return dict(request)
    return {**request, "Environment": without_token(request["Environment"])}


def _check(request: Mapping[str, Any]) -> None:
    resources = request["TransformResources"]
    check_instance(resources["InstanceType"], resources["InstanceCount"])
    for place, only in ONLY_VALUE.items():
        value = _at(request, place)
        if value not in (None, only):
            rule = only or "left out"
            raise UserError(f"{place[-1]} of {KIND.noun} must be {rule} on this machine, got {echoed(value)}")
    for place, (least, most) in WHOLE_NUMBERS.items():
        value = _at(request, place)
        if value is not None and not (type(value) is int and least <= value <= most):
            raise UserError(
                f"{place[-1]} of {KIND.noun} must be a whole number from {least} to {most}, got {echoed(value)}"
            )


def _at(request: Mapping[str, Any], place: Sequence[str]) -> Any:
    value: Any = request
    for key in place:
        value = (value or {}).get(key)
    return value


def _with_output_path(request: Mapping[str, Any], folder: TransformFolder) -> dict[str, Any]:
    """Returns the request with an output path that can be written to, the default being a folder of the job."""
    given = request["TransformOutput"].get("S3OutputPath")
    if given and not is_s3(given):
        path = local_path("output_path", given)
        check_folder("output_path", path)
        given = path.as_uri()
    output = given or folder.output.absolute().as_uri()  # a folder of the job
    return {**request, "TransformOutput": {**request["TransformOutput"], "S3OutputPath": output}}
