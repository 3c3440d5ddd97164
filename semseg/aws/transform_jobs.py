"""Batch transform jobs of SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.aws.account import Account
from semseg.aws.faults import told
from semseg.aws.log_streams import LogStreams
from semseg.aws.waiting import wait_until_ended
from semseg.contract.s3_uri import S3Uri
from semseg.errors import PlatformError

LOG_GROUP = "/aws/sagemaker/TransformJobs"
POLL_SECONDS = 5.0


class TransformJobs:
    """The batch transform jobs of one account.

    Args:
        account: reaches SageMaker, and knows the default bucket.
        poll_seconds: between two looks at a job that is waited for.
    """

    def __init__(self, account: Account, poll_seconds: float = POLL_SECONDS) -> None:
        self.account = account
        self.poll_seconds = poll_seconds

    def start(self, request: Mapping[str, Any]) -> None:
        """Start a job; the request is shaped as CreateTransformJob, and may leave out the output path.

        Raises:
            UserError: AWS refused it.
        """
        whole = self._with_output_path(request)
        with told(f"start transform job {request['TransformJobName']!r}"):
            self._client().create_transform_job(**whole)

    def describe(self, name: str) -> dict[str, Any]:
        """What DescribeTransformJob answers."""
        with told(f"describe transform job {name!r}"):
            description: dict[str, Any] = self._client().describe_transform_job(TransformJobName=name)
        return description

    def stop(self, name: str) -> None:
        """Ask a job to stop, and return at once."""
        with told(f"stop transform job {name!r}"):
            self._client().stop_transform_job(TransformJobName=name)

    def wait(self, name: str, show_logs: bool) -> None:
        """Wait for a job's end. Ctrl-C ends the waiting, not the job.

        Raises:
            PlatformError: the job failed.
        """
        logs = LogStreams(self.account.connection.client("logs"), LOG_GROUP, f"{name}/")

        def at_each_look(job: Mapping[str, Any]) -> None:
            if show_logs:
                logs.print_new()

        job = wait_until_ended(
            f"transform job {name!r}",
            lambda: self.describe(name),
            "TransformJobStatus",
            self.poll_seconds,
            at_each_look,
        )
        if job["TransformJobStatus"] == "Failed":
            reason = job.get("FailureReason") or "SageMaker gave none"
            raise PlatformError(f"Error for Transform job {name}: Failed. Reason: {reason}")

    def _with_output_path(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request, the default for its output being a folder of the default bucket."""
        output = dict(request["TransformOutput"])
        if not output.get("S3OutputPath"):
            bucket = S3Uri(self.account.default_bucket(), self.account.default_bucket_prefix or "")
            output["S3OutputPath"] = str(bucket.join(request["TransformJobName"]))
        return {**request, "TransformOutput": output}

    def _client(self) -> Any:
        return self.account.sagemaker_client
