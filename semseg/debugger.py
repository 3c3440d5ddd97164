"""TensorBoardOutputConfig: where the events go that TensorBoard shows of a training job.

Source of names and order: the SageMaker Python SDK v2, ``sagemaker.debugger``.
"""

from __future__ import annotations

import os

from semseg.api.shapes import Answer, without_none
from semseg.contract.address import location_text


class TensorBoardOutputConfig:
    """For ``Estimator(tensorboard_output_config=...)``.

    Args:
        s3_output_path: the folder that gets ``<job name>/tensorboard-output/`` with the events: an s3:// URI; on this
            machine also a path or file:// URI.
        container_local_output_path: where the job writes them; None means /opt/ml/output/tensorboard, and on this
            machine there is no other.

    Raises:
        UserError: the path is no text.
    """

    def __init__(self, s3_output_path: str | os.PathLike[str], container_local_output_path: str | None = None) -> None:
        self.s3_output_path = location_text("s3_output_path", s3_output_path)
        self.container_local_output_path = container_local_output_path

    def _to_request_dict(self) -> Answer:
        """Returns the API's TensorBoardOutputConfig."""
        return without_none({"S3OutputPath": self.s3_output_path, "LocalPath": self.container_local_output_path})
