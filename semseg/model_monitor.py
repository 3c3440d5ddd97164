"""DataCaptureConfig: keep what a managed endpoint is asked and answers.

Source of names and defaults: the SageMaker Python SDK v2, ``sagemaker.model_monitor``.
"""

from __future__ import annotations

from collections.abc import Sequence

from semseg.api.shapes import Answer, without_none
from semseg.aws.account import Account
from semseg.contract import media_types
from semseg.contract.echoed import echoed
from semseg.contract.s3_uri import SCHEME
from semseg.errors import UserError
from semseg.s3_utils import determine_bucket_and_prefix

USUAL_FOLDER = "model-monitor/data-capture"
MODES = {"REQUEST": "Input", "RESPONSE": "Output"}


class DataCaptureConfig:
    """For ``deploy(data_capture_config=...)``; managed endpoints alone.

    Args:
        enable_capture: whether it begins at once.
        sampling_percentage: of the requests.
        destination_s3_uri: the folder that they go to; None means ``model-monitor/data-capture`` in the default bucket.
        kms_key_id: encrypts them.
        capture_options: "REQUEST", "RESPONSE" or both, which None means.
        csv_content_types, json_content_types: media types that are kept as text; None means CSV's and JSON's own, and
            empty lists none. All others, those of pictures and masks too, are kept in base64.
        sagemaker_session: whose default bucket is taken; None means a Session.
    """

    def __init__(
        self,
        enable_capture: bool,
        sampling_percentage: int = 20,
        destination_s3_uri: str | None = None,
        kms_key_id: str | None = None,
        capture_options: Sequence[str] | None = None,
        csv_content_types: Sequence[str] | None = None,
        json_content_types: Sequence[str] | None = None,
        sagemaker_session: Account | None = None,
    ) -> None:
        self.enable_capture = enable_capture
        self.sampling_percentage = sampling_percentage
        self.destination_s3_uri = destination_s3_uri or _usual_place(sagemaker_session or Account())
        self.kms_key_id = kms_key_id
        self.csv_content_types = [media_types.CSV] if csv_content_types is None else list(csv_content_types)
        self.json_content_types = [media_types.JSON] if json_content_types is None else list(json_content_types)
        self.capture_options = list(capture_options or MODES)
        for option in self.capture_options:
            if option not in MODES:
                raise UserError(f"capture_options must be of {', '.join(MODES)}, got {echoed(option)}")

    def _to_request_dict(self) -> Answer:
        """Returns the API's DataCaptureConfig."""
        types = {"CsvContentTypes": self.csv_content_types, "JsonContentTypes": self.json_content_types}
        as_text = {name: listed for name, listed in types.items() if listed}
        return without_none(
            {
                "EnableCapture": self.enable_capture,
                "InitialSamplingPercentage": self.sampling_percentage,
                "DestinationS3Uri": self.destination_s3_uri,
                "KmsKeyId": self.kms_key_id,
                "CaptureOptions": [{"CaptureMode": MODES[option]} for option in self.capture_options],
                "CaptureContentTypeHeader": as_text or None,
            }
        )


def _usual_place(session: Account) -> str:
    bucket, folder = determine_bucket_and_prefix(None, USUAL_FOLDER, session)
    return f"{SCHEME}{bucket}/{folder}"
