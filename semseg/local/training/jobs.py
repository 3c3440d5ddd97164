"""Training jobs of this machine."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Callable

from semseg.api.names import check_name
from semseg.aws.account import Account
from semseg.contract.bad_samples import FAIL, check_bad_samples
from semseg.contract.channels import MANIFEST
from semseg.contract.class_weights import check_class_weights
from semseg.contract.metric_lines import METRIC_DEFINITIONS
from semseg.contract.resource_config import resource_configuration
from semseg.contract.s3_uri import is_s3
from semseg.contract.tensorboard import CONFIG, LOCATION, check_event_package
from semseg.errors import SemsegError, TrainingError, UserError
from semseg.local.files.input_channels import InputChannel, input_channels, warnings_of
from semseg.local.files.locations import absolute
from semseg.local.jobs.home import Home, check_free, remove
from semseg.local.jobs.job_folder import JobStatus
from semseg.local.jobs.job_store import JobKind, JobStore
from semseg.local.process.process import end_orphan
from semseg.local.training.checkpoints import CHECKPOINT_LOCATION, checkpoint_location
from semseg.local.training.disk_needs import check_disks, kept_bytes
from semseg.local.training.displays import BarDisplay, Display, LogDisplay, table_display
from semseg.local.training.event_files import EVENTS_LOCATION, events_root, lay_events
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.log import TrainingReader
from semseg.local.training.metrics import last_metrics
from semseg.local.training.rescue import ORPHAN_SECONDS, end_left, sweep_job, was_left
from semseg.local.training.results import OUTPUT_LOCATION, check_location
from semseg.local.training.resumption import Resumption, Retry
from semseg.local.training.retries import has_retries
from semseg.local.training.watch import TrainingWatch, read_progress
from semseg.machine.python_command import python_command
from semseg.plumbing.json_file import write_json

TRAIN_COMMAND = python_command("semseg.container.train")
KIND = JobKind(
    noun="a training job",
    title="Training job",
    api_name="TrainingJob",
    times="Training",
    folder=TrainingFolder,
    place=lambda home: home.jobs,
    supervisor="semseg.local.training.supervisor",
    reader=TrainingReader,
    first_status="Starting",
    on_interrupt="Stopping {name} and keeping its best model; once more leaves it to itself.",
    error=TrainingError,
    on_taken=(
        ': Estimator.attach("{name}").resume() goes on with that job, and '
        'LocalSession().delete_training_job("{name}") removes it'
    ),
)

logger = logging.getLogger(__name__)


class Jobs(JobStore[TrainingFolder]):
    """The training jobs below one home.

    Args:
        home: where they are kept.
        command: what trains; started with SAGEMAKER_BASE_DIR naming the job's directory.
        account: S3, for what lies there, and where lines and bars are shown; None means that of the environment.
        leash: whether jobs end with the process that starts them.
    """

    def __init__(
        self,
        home: Home,
        command: Sequence[str] = TRAIN_COMMAND,
        account: Account | None = None,
        leash: bool = False,
    ) -> None:
        super().__init__(KIND, home, command, account or Account(), leash)

    def start(self, request: Mapping[str, Any]) -> None:
        """Starts a job and returns at once.

        Args:
            request: shaped as the SageMaker API's CreateTrainingJob; locations are paths, file:// or s3:// URIs.

        Raises:
            UserError: the job's name is not one or is taken, a location cannot be used, or a disk has too little room.
            PlatformError: S3 could not be reached.
        """
        environment = self._environment(request)  # first: where it cannot be had, no job is begun
        folder, lock = self.prepare(request)
        self.supervise(folder, lock, environment)

    def prepare(self, request: Mapping[str, Any]) -> tuple[TrainingFolder, BinaryIO]:
        """Checks a request and makes the folder of its job, ready for a supervisor; see :meth:`start`.

        Returns:
            The folder and its lock, as of :meth:`JobStore.new`.
        """
        name = request["TrainingJobName"]
        check_name(KIND.noun, name)
        self.home.create()
        check_free(self.place / name, KIND.noun, KIND.on_taken.format(name=name))
        request, channels = self._checked(request)
        return self.new(name, request, lambda folder: lay_out(folder, request, channels))

    def resume(self, name: str, epochs: int | None = None) -> None:
        """Starts a job that has ended again, and returns at once: it goes on from its newest whole checkpoint.

        It is the same job: its name, folder, log and request. A job without a checkpoint begins anew, and that is told.

        Args:
            epochs: how many it is to train in all; None means as many as before. A completed job needs more of them.

        Raises:
            UserError: there is no such job, it runs, or there is nothing to be done for so many epochs.
            ChannelError: its data is no longer where it was.
            PlatformError: S3 could not be reached.
        """
        folder = self.folder(name)
        with self._taken(folder, "resumed") as lock:
            self.account.teller.line(self._go_on(Resumption(folder, epochs), lock))

    def _go_on(self, resumption: Resumption, lock: BinaryIO) -> str:
        """Starts a job that has ended again, once all that it needs is found to be there; returns what its log says."""
        folder = resumption.job
        environment = self._environment(resumption.request)
        request, channels = self._checked(resumption.request, kept_bytes(folder.checkpoints))
        sentence = resumption.begin(request, lambda: lay_out(folder, request, channels))
        self.supervise(folder, lock, environment)
        return sentence

    def delete(self, name: str) -> None:
        """Removes a job that has ended, as :meth:`JobStore.delete`, and what it left half-made where its results go."""
        folder = self.folder(name)
        with self._taken(folder, "deleted"):
            end_orphan(folder.training_lock, ORPHAN_SECONDS)
            sweep_job(folder)
            remove(folder.root)

    def describe(self, name: str) -> dict[str, Any]:
        """Returns the job, shaped as the SageMaker API's DescribeTrainingJob; times are aware datetimes in UTC."""
        self._end_if_left(self.folder(name))
        description = super().describe(name)
        description["AlgorithmSpecification"]["MetricDefinitions"] = METRIC_DEFINITIONS
        description["FinalMetricDataList"] = [
            {"MetricName": metric.name, "Value": metric.value, "Timestamp": metric.time}
            for metric in last_metrics(self.folder(name).log)
        ]
        return description

    def glance(self, name: str) -> str:
        """Returns where a job stands, with its mIOU and what that is of, as "Completed, mIOU 0.81 of crops"."""
        status, progress = super().glance(name), read_progress(self.folder(name))
        return ", ".join(part for part in (status, progress.score if progress is not None else "") if part)

    def summary(self, folder: TrainingFolder, status: JobStatus) -> dict[str, Any]:
        """Returns one job, shaped as the API's TrainingJobSummary."""
        fields = super().summary(folder, status)
        names = ("TrainingTimeInSeconds", "BillableTimeInSeconds", "ModelArtifacts", "FailureReason")
        return {name: value for name, value in fields.items() if name not in names}

    def status_fields(self, status: JobStatus) -> dict[str, Any]:
        """Returns where a job stands, in the fields of DescribeTrainingJob."""
        fields = {**super().status_fields(status), "SecondaryStatus": status.secondary_status}
        if status.started:
            fields["TrainingTimeInSeconds"] = fields["BillableTimeInSeconds"] = _seconds(status)
        if status.model_data:
            fields["ModelArtifacts"] = {"S3ModelArtifacts": status.model_data}
        return fields

    def wait(self, name: str, show_logs: bool = False) -> None:
        """Waits for a job's end; see :meth:`JobStore.wait`. With the log, its times are shown at the end."""
        teller = self.account.teller
        status = self._shown(name, LogDisplay(name, teller) if show_logs else BarDisplay(name, teller))
        if show_logs:
            for word in ("Training", "Billable"):
                teller.line(f"{word} seconds: {_seconds(status)}")

    def wait_with_table(self, name: str) -> None:
        """Waits for a job's end as :meth:`wait` does, and shows its epochs as a table, also those before it went on."""
        self._shown(name, table_display(self.account.teller))

    def _shown(self, name: str, display: Display) -> JobStatus:
        """Waits for a job's end, lets a display show it, and returns how it ended."""
        folder = self.folder(name)
        self._watch(folder, TrainingWatch(folder, display))
        status = folder.read_status()
        if status.status == "Stopped":
            logger.warning("Training job %s was stopped before its last epoch: %s", name, status.secondary_status)
        return status

    def _has_ended(self, folder: TrainingFolder) -> bool:
        """Returns whether a job has ended; one whose supervisor was killed is started again if it has retries left."""
        if not super()._has_ended(folder):
            return False
        self._end_if_left(folder, self._start_again)
        return super()._has_ended(folder)

    def _end_if_left(
        self, folder: TrainingFolder, start_again: Callable[[TrainingFolder, BinaryIO], bool] = lambda *_: True
    ) -> None:
        """Brings a job whose supervisor was killed to its end: its best model is packed, what is half-made removed.

        Args:
            start_again: starts a job that has retries left, and returns False if it cannot be started; the default
                leaves such a job to whoever waits for it.
        """
        if not was_left(folder):
            return
        with contextlib.suppress(UserError, OSError), self._taken(folder, "ended") as lock:
            is_left = not folder.written_status().is_final  # nobody was faster
            if is_left and not (has_retries(folder) and start_again(folder, lock)):
                end_left(folder)

    def _start_again(self, folder: TrainingFolder, lock: BinaryIO) -> bool:
        """Starts a job again whose supervisor was killed; returns False if it cannot go on."""
        try:
            self._go_on(Retry(folder), lock)
        except (SemsegError, OSError) as error:
            self.account.teller.line(f"Training job {folder.root.name} could not be started again: {error}")
            return False
        return True

    def _checked(self, request: Mapping[str, Any], kept: int = 0) -> tuple[dict[str, Any], list[InputChannel]]:
        """Returns a request with locations that can be used, and its channels; warns where a disk is nearly too small.

        Args:
            kept: bytes of checkpoints that the job has in its folder.
        """
        channels = input_channels(request["InputDataConfig"], self.account, _input_mode(request))
        given, modes = request.get("HyperParameters", {}), {channel.name: channel.mode for channel in channels}
        check_bad_samples(given.get("bad_samples", FAIL).strip('"'), modes)
        check_class_weights(given.get("class_weights", "").strip('"'), modes)
        located = self._with_locations(request)
        for warning in check_disks(located, channels, self.home, self.account, kept):
            logger.warning("%s, which is hardly enough", warning)
        for warning in warnings_of(channels):
            logger.warning("%s", warning)
        return located, channels

    def _with_locations(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the request with locations that can be written to, whatever folder the supervisor runs in.

        The default for the output is the folder of all jobs.
        """
        given = request["OutputDataConfig"].get("S3OutputPath")
        output = absolute(OUTPUT_LOCATION, given) if given else str(self.home.jobs)
        changed = {**request, "OutputDataConfig": {**request["OutputDataConfig"], "S3OutputPath": _uri(output)}}
        checkpoints = checkpoint_location(request)
        if checkpoints is not None:
            check_location(CHECKPOINT_LOCATION, checkpoints, self.account)
            changed["CheckpointConfig"] = {**request["CheckpointConfig"], "S3Uri": _uri(checkpoints)}
        events = events_root(request)
        if events is not None:
            check_event_package()
            check_location(EVENTS_LOCATION, events, self.account)
            changed[CONFIG] = {**request[CONFIG], LOCATION: _uri(events)}
        check_location(OUTPUT_LOCATION, output, self.account, request["OutputDataConfig"].get("KmsKeyId"))
        changed["InputDataConfig"] = [_with_absolute_location(channel) for channel in request["InputDataConfig"]]
        return changed

    def _environment(self, request: Mapping[str, Any]) -> dict[str, str]:
        """Returns what the supervisor finds in its environment; S3's credentials are there and nowhere else."""
        return self.environment(needs_s3(request))


def _input_mode(request: Mapping[str, Any]) -> str:
    return str(request["AlgorithmSpecification"]["TrainingInputMode"])


def _uri(location: str) -> str:
    return location if is_s3(location) else Path(location).as_uri()


def _with_absolute_location(channel: Mapping[str, Any]) -> dict[str, Any]:
    source = channel["DataSource"]["S3DataSource"]
    location = absolute(f"channel {channel['ChannelName']!r}", source["S3Uri"])
    return {**channel, "DataSource": {"S3DataSource": {**source, "S3Uri": location}}}


def needs_s3(request: Mapping[str, Any]) -> bool:
    """Returns whether a request, which need not be a good one, names something in S3, or may do so in a manifest."""
    sources = [channel["DataSource"].get("S3DataSource") or {} for channel in request["InputDataConfig"]]
    locations = [source.get("S3Uri") for source in sources]
    locations += [request["OutputDataConfig"].get("S3OutputPath"), (request.get("CheckpointConfig") or {}).get("S3Uri")]
    locations += [(request.get(CONFIG) or {}).get(LOCATION)]
    manifests = [source for source in sources if source.get("S3DataType") == MANIFEST]
    return bool(manifests) or any(is_s3(location) for location in locations if location)


def lay_out(job: TrainingFolder, request: Mapping[str, Any], channels: Sequence[InputChannel]) -> None:
    """Fills the folder of a job with what its training process finds there; what it has trained so far stays."""
    for folder in (job.model, job.output_data, job.checkpoints):
        folder.mkdir(parents=True, exist_ok=True)
    for channel in channels:
        channel.lay_into(job)
    lay_events(job, request)
    write_json(job.hyperparameters, request["HyperParameters"])
    write_json(job.input_data_config, {channel.name: channel.configuration() for channel in channels})
    resources = request["ResourceConfig"]
    write_json(
        job.resource_config, resource_configuration(resources["InstanceType"], resources.get("InstanceCount", 1))
    )


def _seconds(status: JobStatus) -> int:
    """Returns for how many seconds a job has trained so far, also before it was resumed."""
    latest = (status.ended or time.time()) - status.started if status.started else 0.0
    return round(status.earlier_seconds + max(0.0, latest))
