"""Training jobs of SageMaker.

Source of the words that are printed: the SageMaker Python SDK v2, ``sagemaker.session``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from semseg.api.algorithm_image import is_algorithm_image
from semseg.aws.account import Account
from semseg.aws.faults import told
from semseg.aws.log_streams import LogStreams
from semseg.aws.waiting import ENDS, wait_until_ended
from semseg.contract.metric_lines import Metric
from semseg.contract.s3_uri import S3Uri
from semseg.errors import HyperparameterError, PlatformError, TrainingError, UserError

OURS = ("seed", "pretrained_weights", "export")  # hyperparameters that the built-in algorithm does not have
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
METRICS_NAMESPACE = "/aws/sagemaker/TrainingJobs"
POLL_SECONDS = 5.0
METRIC_PERIOD_SECONDS = 60

logger = logging.getLogger(__name__)


class TrainingJobs:
    """The training jobs of one account.

    Args:
        account: reaches SageMaker, and knows the default bucket.
        poll_seconds: between two looks at a job that is waited for.
    """

    def __init__(self, account: Account, poll_seconds: float = POLL_SECONDS) -> None:
        self.account = account
        self.poll_seconds = poll_seconds

    def start(self, request: Mapping[str, Any]) -> None:
        """Start a job; the request is shaped as CreateTrainingJob, and may leave out the output path.

        Raises:
            UserError: as :meth:`completed`, or AWS refused the request.
        """
        whole = self.completed(request)
        logger.info("Creating training-job with name: %s", request["TrainingJobName"])
        with told(f"start training job {request['TrainingJobName']!r}"):
            self._client().create_training_job(**whole)

    def tags(self, job: Mapping[str, Any]) -> list[dict[str, str]]:
        """The tags of a job as DescribeTrainingJob tells it, which leaves them out."""
        with told(f"list the tags of training job {job['TrainingJobName']!r}"):
            pages = self._client().get_paginator("list_tags").paginate(ResourceArn=job["TrainingJobArn"])
            return [tag for page in pages for tag in page["Tags"]]

    def completed(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request with the ARN of its role and the default output path, once it is found to be good.

        Raises:
            UserError: the role is missing, a location is not in S3, or the algorithm does not know a setting.
        """
        if not request.get("RoleArn"):
            raise UserError(
                "a managed training job needs a role, got None: give the ARN of one that SageMaker may assume, "
                "such as get_execution_role()"
            )
        for channel in request["InputDataConfig"]:
            _check_in_s3(channel)
        if is_algorithm_image(request["AlgorithmSpecification"]["TrainingImage"]):
            _check_for_algorithm(request)
        return {
            **request,
            "RoleArn": self.account.expand_role(request["RoleArn"]),
            "OutputDataConfig": self._output(request),
        }

    def describe(self, name: str) -> dict[str, Any]:
        """What DescribeTrainingJob answers."""
        with told(f"describe training job {name!r}"):
            description: dict[str, Any] = self._client().describe_training_job(TrainingJobName=name)
        return description

    def stop(self, name: str) -> None:
        """Ask a job to stop, and return at once; nothing happens to one that has ended."""
        with told(f"stop training job {name!r}"):
            if self.describe(name)["TrainingJobStatus"] == "InProgress":
                self._client().stop_training_job(TrainingJobName=name)

    def wait(self, name: str, show_logs: bool, seconds: float | None = None) -> None:
        """Wait for a job's end, printing its states and, if wanted, its log. Ctrl-C ends the waiting, not the job.

        Args:
            seconds: the longest wait; None waits for as long as the job takes.

        Raises:
            TrainingError: the job failed.
            PlatformError: the job has not ended in time, and goes on.
        """
        logs, states = self._logs(name), StateLines()
        deadline = float("inf") if seconds is None else time.monotonic() + seconds

        def at_each_look(job: Mapping[str, Any]) -> None:
            states.print_new(job)
            if show_logs:
                logs.print_new()
            if time.monotonic() > deadline and job["TrainingJobStatus"] not in ENDS:
                raise PlatformError(f"training job {name!r} has not ended within {seconds:g} seconds, and goes on")

        job = wait_until_ended(
            f"training job {name!r}",
            lambda: self.describe(name),
            "TrainingJobStatus",
            self.poll_seconds,
            at_each_look,
            f": Estimator.attach({name!r}) waits again, Session().stop_training_job({name!r}) stops it",
        )
        if job["TrainingJobStatus"] == "Failed":
            reason = job.get("FailureReason") or "SageMaker gave none"
            raise TrainingError(f"Error for Training job {name}: Failed. Reason: {reason}")
        if job["TrainingJobStatus"] == "Stopped":
            logger.warning("Training job %s was stopped before its last epoch: %s", name, job["SecondaryStatus"])
        _print_seconds(job)

    def print_log(self, name: str) -> None:
        """Print the job's log as far as it is written."""
        self._logs(name).print_new()

    def metrics(self, name: str, period: int | None = None) -> list[Metric]:
        """The mean of each of the job's metrics over every ``period`` seconds (60) in CloudWatch, in the order of time.

        Where CloudWatch keeps none, which is so once they are old, these are the last values that the job itself tells.
        """
        job = self.describe(name)
        found = [metric for metric_name in _metric_names(job) for metric in self.series(job, metric_name, period)]
        final = [
            Metric(metric["MetricName"], float(metric["Value"]), metric["Timestamp"])
            for metric in job.get("FinalMetricDataList", [])
        ]
        return sorted(found or final, key=lambda metric: metric.time)

    def series(self, job: Mapping[str, Any], metric_name: str, period: int | None = None) -> list[Metric]:
        """The mean over every ``period`` seconds (60) of one metric of a described job, in no order."""
        minute = timedelta(seconds=METRIC_PERIOD_SECONDS)
        with told(f"read metric {metric_name} of training job {job['TrainingJobName']!r}"):
            answer = self.account.connection.client("cloudwatch").get_metric_statistics(
                Namespace=METRICS_NAMESPACE,
                MetricName=metric_name,
                Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}],
                StartTime=job.get("TrainingStartTime", job["CreationTime"]),
                EndTime=job.get("TrainingEndTime", datetime.now(timezone.utc)) + minute,  # the end is left out
                Period=period or METRIC_PERIOD_SECONDS,
                Statistics=["Average"],
            )
        return [Metric(metric_name, point["Average"], point["Timestamp"]) for point in answer["Datapoints"]]

    def _output(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Where the model goes, the default being the default bucket, as in the SDK."""
        output = dict(request["OutputDataConfig"])
        if "S3OutputPath" not in output:
            output["S3OutputPath"] = str(
                S3Uri(self.account.default_bucket(), "").join(self.account.default_bucket_prefix or "")
            )
        S3Uri.parse("output_path of a managed training job", output["S3OutputPath"])
        return output

    def _logs(self, name: str) -> LogStreams:
        return LogStreams(self.account.connection.client("logs"), LOG_GROUP, f"{name}/")

    def _client(self) -> Any:
        return self.account.sagemaker_client


class StateLines:
    """Prints each state of a job once: ``2026-01-31 12:00:00 Starting - Launching requested ML instances``."""

    def __init__(self) -> None:
        self._printed: set[tuple[Any, ...]] = set()

    def print_new(self, job: Mapping[str, Any]) -> None:
        """Print the states that this description has and none before it had."""
        for state in job.get("SecondaryStatusTransitions", []):
            line = (state["StartTime"], state["Status"], state.get("StatusMessage", ""))
            if line not in self._printed:
                self._printed.add(line)
                print(f"{line[0]:%Y-%m-%d %H:%M:%S} {line[1]} - {line[2]}", flush=True)


def _check_in_s3(channel: Mapping[str, Any]) -> None:
    source = channel["DataSource"].get("S3DataSource")
    if source is not None and not str(source["S3Uri"]).lower().startswith("s3://"):
        raise UserError(
            f"channel {channel['ChannelName']!r} of a managed training job must be in S3, got {source['S3Uri']!r}: "
            f"upload it with Session().upload_data()"
        )


def _check_for_algorithm(request: Mapping[str, Any]) -> None:
    """Refuse what the built-in algorithm would refuse after minutes."""
    for name in OURS:
        if name in request["HyperParameters"]:
            raise HyperparameterError(
                f"{name} must be left out with SageMaker's built-in algorithm, which does not know it: give image_uri "
                f"an image of semseg, or train on this machine"
            )
    if request["AlgorithmSpecification"].get("MetricDefinitions"):
        raise UserError(
            "metric_definitions must be left out with SageMaker's built-in algorithm, whose definitions are fixed"
        )


def _metric_names(job: Mapping[str, Any]) -> list[str]:
    defined = job["AlgorithmSpecification"].get("MetricDefinitions", [])
    told_of = job.get("FinalMetricDataList", [])
    return list(dict.fromkeys([*(item["Name"] for item in defined), *(item["MetricName"] for item in told_of)]))


def _print_seconds(job: Mapping[str, Any]) -> None:
    trained, billed = job.get("TrainingTimeInSeconds"), job.get("BillableTimeInSeconds")
    if trained is not None:
        print(f"Training seconds: {trained}")
    if billed is not None:
        print(f"Billable seconds: {billed}", flush=True)
    if job.get("EnableManagedSpotTraining") and trained and billed is not None:
        print(f"Managed Spot Training savings: {(1 - billed / trained) * 100:.1f}%", flush=True)
