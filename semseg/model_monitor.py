"""DataCaptureConfig: keep what a managed endpoint is asked and answers.

Source of names and defaults: the SageMaker Python SDK v2, ``sagemaker.model_monitor``.
"""

from __future__ import annotations

from collections.abc import Sequence

from semseg.api.shapes import Answer, without_none
from semseg.errors import UserError

MODES = {"REQUEST": "Input", "RESPONSE": "Output"}


class DataCaptureConfig:
    """For ``deploy(data_capture_config=...)``; managed endpoints alone.

    Args:
        enable_capture: whether it begins at once.
        sampling_percentage: of the requests.
        destination_s3_uri: the folder that they go to.
        kms_key_id: encrypts them.
        capture_options: "REQUEST", "RESPONSE" or both, which None means.
    """

    def __init__(
        self,
        enable_capture: bool,
        sampling_percentage: int = 20,
        destination_s3_uri: str | None = None,
        kms_key_id: str | None = None,
        capture_options: Sequence[str] | None = None,
    ) -> None:
        if destination_s3_uri is None:
            raise UserError("destination_s3_uri must be an s3:// URI of a folder, got None")
        self.enable_capture = enable_capture
        self.sampling_percentage = sampling_percentage
        self.destination_s3_uri = destination_s3_uri
        self.kms_key_id = kms_key_id
        self.capture_options = list(capture_options or MODES)
        for option in self.capture_options:
            if option not in MODES:
                raise UserError(f"capture_options must be of {', '.join(MODES)}, got {option!r}")

    def _to_request_dict(self) -> Answer:
        """Returns the API's DataCaptureConfig."""
        return without_none(
            {
                "EnableCapture": self.enable_capture,
                "InitialSamplingPercentage": self.sampling_percentage,
                "DestinationS3Uri": self.destination_s3_uri,
                "KmsKeyId": self.kms_key_id,
                "CaptureOptions": [{"CaptureMode": MODES[option]} for option in self.capture_options],
            }
        )
