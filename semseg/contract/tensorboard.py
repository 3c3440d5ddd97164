"""Where a training job writes the events that TensorBoard shows, and where these go.

Source of names: the API reference, TensorBoardOutputConfig; of the file and of the folder in S3: smdebug, and the
SageMaker Python SDK v2.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from semseg.contract.job_directory import CONTAINER_ROOT
from semseg.errors import PlatformError

CONFIG = "TensorBoardOutputConfig"  # in a CreateTrainingJob
LOCATION, LOCAL_PATH = "S3OutputPath", "LocalPath"  # in it
USUAL_LOCAL_PATH = f"{CONTAINER_ROOT}/output/tensorboard"
ARTIFACTS = "tensorboard-output"  # the folder below that of the job
PACKAGE = "tensorboardX"


def events_path(config: Mapping[str, Any]) -> str:
    """Returns the folder of the container that the events are written to.

    Args:
        config: shaped as the API's TensorBoardOutputConfig.
    """
    return str(config.get(LOCAL_PATH) or USUAL_LOCAL_PATH).rstrip("/")


def events_location(request: Mapping[str, Any]) -> str | None:
    """Returns the folder that the events of a job go to, as an address or a path; None where the job writes none.

    Args:
        request: shaped as CreateTrainingJob or DescribeTrainingJob.
    """
    config = request.get(CONFIG)
    return f"{config[LOCATION].rstrip('/')}/{request['TrainingJobName']}/{ARTIFACTS}" if config else None


def check_event_package() -> None:
    """Raises PlatformError where the package that writes the events is not installed; imports nothing."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise PlatformError(
            f"tensorboard_output_config needs the package {PACKAGE}, which is not installed; "
            f'in a clone of semseg, pip install ".[tensorboard]"'
        )
