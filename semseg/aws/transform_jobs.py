"""Batch transform jobs of SageMaker."""

from __future__ import annotations

from semseg.api.shapes import Answer, Request
from semseg.aws.faults import faults_as_sentences
from semseg.aws.jobs import JobKind, SageMakerJobs
from semseg.aws.log_streams import LogStreams
from semseg.contract.s3_uri import S3Uri
from semseg.errors import UnexpectedStatusException, UserError

LOG_GROUP = "/aws/sagemaker/TransformJobs"


class TransformJobs(SageMakerJobs):
    """The batch transform jobs of one account."""

    kind = JobKind("transform job", "Transform", "transform_job")

    def start(self, request: Request) -> None:
        """Starts a job; the request is shaped as CreateTransformJob, and may leave out the output path.

        Raises:
            UserError: AWS refused it.
        """
        whole = self._with_output_path(request)
        with faults_as_sentences(f"start transform job {request['TransformJobName']!r}"):
            self._client.create_transform_job(**whole)

    def delete(self, name: str) -> None:
        """Refused: raises UserError always."""
        raise UserError(f"transform job {name!r} cannot be deleted: SageMaker keeps its transform jobs")

    def wait(self, name: str, show_logs: bool) -> None:
        """Waits for a job's end. Ctrl-C ends the waiting, not the job.

        Raises:
            UnexpectedStatusException: the job failed.
        """
        logs = LogStreams(self.account.connection.client("logs"), LOG_GROUP, f"{name}/", self.account.teller)

        def at_each_look(job: Request) -> None:
            if show_logs:
                logs.show_new()

        self._check_not_failed(name, self._wait(name, at_each_look), UnexpectedStatusException)

    def _with_output_path(self, request: Request) -> Answer:
        """Returns the request; where it names no output path, that is a folder of the default bucket."""
        output = dict(request["TransformOutput"])
        if not output.get("S3OutputPath"):
            bucket = S3Uri(self.account.default_bucket(), self.account.default_bucket_prefix or "")
            output["S3OutputPath"] = str(bucket.join(request["TransformJobName"]))
        return {**request, "TransformOutput": output}
