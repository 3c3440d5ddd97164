"""Training jobs of SageMaker.

Source of the words that are printed: the SageMaker Python SDK v2, ``sagemaker.session``.
"""

from __future__ import annotations

import logging
import math
import time
from datetime import datetime, timedelta, timezone

from semseg.api.algorithm_image import is_algorithm_image
from semseg.api.shapes import Answer, Request
from semseg.aws.faults import faults_as_sentences
from semseg.aws.jobs import ENDS, JobKind, SageMakerJobs
from semseg.aws.label_maps import check_label_maps
from semseg.aws.log_streams import LogStreams
from semseg.contract.echoed import echoed
from semseg.contract.hyperparameters import FLOAT32
from semseg.contract.metric_lines import Metric
from semseg.contract.s3_uri import S3Uri
from semseg.contract.tensorboard import events_location
from semseg.errors import HyperparameterError, PlatformError, TrainingError, UserError
from semseg.plumbing.counted import counted
from semseg.plumbing.teller import Teller

# hyperparameters that the built-in algorithm does not have
OURS = (
    *("seed", "pretrained_weights", "export", "engine", "compile", "_checkpoint_seconds", "_cache"),
    *("exif_orientation", "sample_bits", "bad_samples"),
)
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
METRICS_NAMESPACE = "/aws/sagemaker/TrainingJobs"
MINUTE = timedelta(minutes=1)
MOST_MEANS = 1440  # in one answer; source: the CloudWatch API reference, GetMetricStatistics

logger = logging.getLogger(__name__)


class TrainingJobs(SageMakerJobs):
    """The training jobs of one account."""

    kind = JobKind("training job", "Training", "training_job")

    def start(self, request: Request) -> None:
        """Starts a job; the request is shaped as CreateTrainingJob, and may leave out the output path.

        Raises:
            UserError: as :meth:`completed`, or AWS refused the request.
        """
        whole = self.completed(request)
        logger.info("Creating training-job with name: %s", request["TrainingJobName"])
        with faults_as_sentences(f"start training job {request['TrainingJobName']!r}"):
            self._client.create_training_job(**whole)

    def tags(self, job: Request) -> list[dict[str, str]]:
        """Returns the tags of a job as DescribeTrainingJob tells it, which leaves them out."""
        with faults_as_sentences(f"list the tags of training job {job['TrainingJobName']!r}"):
            pages = self._client.get_paginator("list_tags").paginate(ResourceArn=job["TrainingJobArn"])
            return [tag for page in pages for tag in page["Tags"]]

    def completed(self, request: Request) -> Answer:
        """Checks a request, and returns it with the ARN of its role and the default output path.

        Raises:
            UserError: the role is missing, a location is not in S3, or the algorithm does not know a setting.
        """
        if not request.get("RoleArn"):
            raise UserError(
                "a managed training job needs a role, got None: give the ARN of one that SageMaker may assume, "
                "such as get_execution_role()"
            )
        is_built_in = is_algorithm_image(request["AlgorithmSpecification"]["TrainingImage"])
        for channel in request["InputDataConfig"]:
            if is_built_in:
                check_label_maps(channel, self.account)
            _check_in_s3(channel)
        if is_built_in:
            _check_for_algorithm(request)
        events = events_location(request)
        if events is not None:
            S3Uri.parse("s3_output_path of the events of a managed training job", events)
        return {
            **request,
            "RoleArn": self.account.expand_role(request["RoleArn"]),
            "OutputDataConfig": self._output(request),
        }

    def stop(self, name: str) -> None:
        """Asks a job to stop, and returns at once; nothing happens to one that has ended."""
        if self.describe(name)["TrainingJobStatus"] == "InProgress":
            super().stop(name)

    def wait(self, name: str, show_logs: bool, seconds: float | None = None, poll_seconds: float | None = None) -> None:
        """Waits for a job's end, showing its states and, if wanted, its log. Ctrl-C ends the waiting, not the job.

        Args:
            seconds: the longest wait; None waits for as long as the job takes.
            poll_seconds: between two looks; None means the usual time.

        Raises:
            TrainingError: the job failed.
            PlatformError: the job has not ended in time, and goes on.
        """
        logs, states = self._logs(name), StateLines(self.account.teller)
        deadline = float("inf") if seconds is None else time.monotonic() + seconds

        def at_each_look(job: Request) -> None:
            states.show_new(job)
            if show_logs:
                logs.show_new()
            if time.monotonic() > deadline and job["TrainingJobStatus"] not in ENDS:
                raise PlatformError(
                    f"training job {name!r} has not ended within {counted(seconds or 0, 'second')}, and goes on"
                )

        ways = f": Estimator.attach({name!r}) waits again, Session().stop_training_job({name!r}) stops it"
        job = self._wait(name, at_each_look, poll_seconds, ways)
        self._check_not_failed(name, job, TrainingError)
        if job["TrainingJobStatus"] == "Stopped":
            logger.warning("Training job %s was stopped before its last epoch: %s", name, job["SecondaryStatus"])
        _show_seconds(job, self.account.teller)

    def show_log(self, name: str) -> None:
        """Shows the job's log as far as it is written."""
        self._logs(name).show_new()

    def metrics(self, name: str, period: int | None = None) -> list[Metric]:
        """Returns the mean of each metric over every ``period`` seconds in CloudWatch, in the order of time.

        A period of None means 60, or the smallest multiple of 60 that CloudWatch answers for: 120 for a job of a day.
        Where CloudWatch keeps none, which is so once they are old, these are the last values that the job itself tells.
        """
        job = self.describe(name)
        found = [metric for metric_name in _metric_names(job) for metric in self.series(job, metric_name, period)]
        final = [
            Metric(metric["MetricName"], float(metric["Value"]), metric["Timestamp"])
            for metric in job.get("FinalMetricDataList", [])
        ]
        return sorted(found or final, key=lambda metric: metric.time)

    def series(self, job: Request, metric_name: str, period: int | None = None) -> list[Metric]:
        """Returns the mean over every ``period`` seconds of one metric of a job, in no order; see :meth:`metrics`."""
        start = job.get("TrainingStartTime", job["CreationTime"])
        end = job.get("TrainingEndTime", datetime.now(timezone.utc)) + MINUTE  # what is asked for leaves its end out
        with faults_as_sentences(f"read metric {metric_name} of training job {job['TrainingJobName']!r}"):
            answer = self.account.connection.client("cloudwatch").get_metric_statistics(
                Namespace=METRICS_NAMESPACE,
                MetricName=metric_name,
                Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}],
                StartTime=start,
                EndTime=end,
                Period=period or _shortest_period(end - start),
                Statistics=["Average"],
            )
        return [Metric(metric_name, point["Average"], point["Timestamp"]) for point in answer["Datapoints"]]

    def _output(self, request: Request) -> Answer:
        """Returns where the model goes; by default that is the default bucket, as in the SDK."""
        output = dict(request["OutputDataConfig"])
        if "S3OutputPath" not in output:
            output["S3OutputPath"] = str(
                S3Uri(self.account.default_bucket(), "").join(self.account.default_bucket_prefix or "")
            )
        S3Uri.parse("output_path of a managed training job", output["S3OutputPath"])
        return output

    def _logs(self, name: str) -> LogStreams:
        return LogStreams(self.account.connection.client("logs"), LOG_GROUP, f"{name}/", self.account.teller)


class StateLines:
    """Shows each state of a job once: ``2026-01-31 12:00:00 Starting - Launching requested ML instances``."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._shown: set[tuple[datetime, str, str]] = set()

    def show_new(self, job: Request) -> None:
        """Shows the states that this description has and none before it had."""
        for state in job.get("SecondaryStatusTransitions", []):
            line = (state["StartTime"], state["Status"], state.get("StatusMessage", ""))
            if line not in self._shown:
                self._shown.add(line)
                self._teller.line(f"{line[0]:%Y-%m-%d %H:%M:%S} {line[1]} - {line[2]}")


def _check_in_s3(channel: Request) -> None:
    source = channel["DataSource"].get("S3DataSource")
    if source is not None and not str(source["S3Uri"]).lower().startswith("s3://"):
        raise UserError(
            f"channel {channel['ChannelName']!r} of a managed training job must be in S3, "
            f"got {echoed(source['S3Uri'])}: "
            f"upload it with Session().upload_data()"
        )


def _check_for_algorithm(request: Request) -> None:
    """Refuses what the built-in algorithm would refuse after minutes."""
    for name in OURS:
        if name in request["HyperParameters"]:
            raise HyperparameterError(
                f"{name} must be left out with SageMaker's built-in algorithm, which does not know it: give image_uri "
                f"an image of semseg, or train on this machine"
            )
    if "num_training_samples" not in request["HyperParameters"]:
        raise HyperparameterError(
            "num_training_samples must be set with SageMaker's built-in algorithm, got none: give the number of "
            "training images"
        )
    precision = request["HyperParameters"].get("precision_dtype", FLOAT32)
    if precision != FLOAT32:
        raise HyperparameterError(
            f"precision_dtype must be {FLOAT32} with SageMaker's built-in algorithm, got {precision!r}: give image_uri "
            f"an image of semseg, or train on this machine"
        )
    if request["AlgorithmSpecification"].get("MetricDefinitions"):
        raise UserError(
            "metric_definitions must be left out with SageMaker's built-in algorithm, whose definitions are fixed"
        )


def _shortest_period(time: timedelta) -> int:
    """Returns the smallest multiple of 60 seconds of which at most MOST_MEANS cover this time."""
    return 60 * max(1, math.ceil(time / (MOST_MEANS * MINUTE)))


def _metric_names(job: Request) -> list[str]:
    defined = job["AlgorithmSpecification"].get("MetricDefinitions", [])
    final = job.get("FinalMetricDataList", [])
    return list(dict.fromkeys([*(item["Name"] for item in defined), *(item["MetricName"] for item in final)]))


def _show_seconds(job: Request, teller: Teller) -> None:
    trained, billed = job.get("TrainingTimeInSeconds"), job.get("BillableTimeInSeconds")
    if trained is not None:
        teller.line(f"Training seconds: {trained}")
    if billed is not None:
        teller.line(f"Billable seconds: {billed}")
    if job.get("EnableManagedSpotTraining") and trained and billed is not None:
        teller.line(f"Managed Spot Training savings: {(1 - billed / trained) * 100:.1f}%")
