"""AsyncInferenceConfig: an endpoint whose requests and answers lie in S3.

Source of names: the SageMaker Python SDK v2, ``sagemaker.async_inference.async_inference_config``.
"""

from __future__ import annotations

from semseg.api.shapes import Answer, Request, without_none
from semseg.errors import UserError


class AsyncInferenceConfig:
    """For ``deploy(async_inference_config=...)``; managed endpoints alone.

    Args:
        output_path: s3:// URI of the folder that answers go to.
        max_concurrent_invocations_per_instance: None leaves it to SageMaker.
        kms_key_id: encrypts the answers.
        notification_config: ``{"SuccessTopic": ARN, "ErrorTopic": ARN}``.
        failure_path: s3:// URI of the folder that refusals go to.
    """

    def __init__(
        self,
        output_path: str | None = None,
        max_concurrent_invocations_per_instance: int | None = None,
        kms_key_id: str | None = None,
        notification_config: Request | None = None,
        failure_path: str | None = None,
    ) -> None:
        if output_path is None:
            raise UserError("output_path must be an s3:// URI of a folder for the answers, got None")
        self.output_path = output_path
        self.max_concurrent_invocations_per_instance = max_concurrent_invocations_per_instance
        self.kms_key_id = kms_key_id
        self.notification_config = notification_config
        self.failure_path = failure_path

    def _to_request_dict(self) -> Answer:
        """Returns the API's AsyncInferenceConfig."""
        output = {
            "S3OutputPath": self.output_path,
            "S3FailurePath": self.failure_path,
            "KmsKeyId": self.kms_key_id,
            "NotificationConfig": self.notification_config,
        }
        most = self.max_concurrent_invocations_per_instance
        client = None if most is None else {"MaxConcurrentInvocationsPerInstance": most}
        return without_none({"OutputConfig": without_none(output), "ClientConfig": client})
