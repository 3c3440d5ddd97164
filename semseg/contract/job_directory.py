"""The paths of a job or of a served model, laid out as ``/opt/ml`` is.

Source: the SageMaker developer guide, "How Amazon SageMaker Provides Training Information".
"""

import os
from collections.abc import Mapping
from pathlib import Path

from semseg.contract.environment import BASE_DIR

MODEL_ARCHIVE = "model.tar.gz"  # what SageMaker makes of the folder model
CONTAINER_ROOT = "/opt/ml"


class JobDirectory:
    """The paths of all files and folders below one root. Creates nothing."""

    def __init__(self, root: "str | os.PathLike[str]") -> None:
        self.root = Path(root)

    @classmethod
    def from_environment(cls, environment: "Mapping[str, str]") -> "JobDirectory":
        """The directory that SAGEMAKER_BASE_DIR names, /opt/ml where it is not set."""
        return cls(BASE_DIR.read(environment))

    @property
    def hyperparameters(self) -> Path:
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def input_data_config(self) -> Path:
        return self.root / "input" / "config" / "inputdataconfig.json"

    @property
    def resource_config(self) -> Path:
        return self.root / "input" / "config" / "resourceconfig.json"

    @property
    def prediction_request(self) -> Path:
        """Returns the path of the file that tells the command ``predict`` what to do; it is not SageMaker's."""
        return self.root / "input" / "config" / "prediction.json"

    @property
    def prediction_answer(self) -> Path:
        """Returns the path of the file in which the command ``predict`` tells what it wrote."""
        return self.output_data / "prediction.json"

    @property
    def learning_rates(self) -> Path:
        """Returns the path of the file in which the command ``find_rate`` tells the curve that it found."""
        return self.output_data / "learning_rates.json"

    @property
    def tensorboard_config(self) -> Path:
        """Returns the path of the file that says where events for TensorBoard are written; it may not be there."""
        return self.root / "input" / "config" / "tensorboardoutputconfig.json"

    def at(self, path: str) -> Path:
        """Returns what stands here for a path of a container: one below /opt/ml lies below the root."""
        return self.root / path[len(CONTAINER_ROOT) + 1 :] if path.startswith(f"{CONTAINER_ROOT}/") else Path(path)

    def channel(self, name: str) -> Path:
        """Returns the folder of the files of channel ``name``."""
        return self.root / "input" / "data" / name

    def stream_names(self, name: str) -> Path:
        """Returns the path of the names of the samples that channel ``name`` streams; there is none on SageMaker."""
        return self.root / "input" / "config" / "streams" / f"{name}.jsonl"

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def output_data(self) -> Path:
        return self.root / "output" / "data"

    @property
    def failure(self) -> Path:
        return self.root / "output" / "failure"

    @property
    def log(self) -> Path:
        """Returns the path of the file with all that the process printed; there is none on SageMaker."""
        return self.root / "log.txt"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def progress(self) -> Path:
        """Returns the path of the file in which the training process writes how far it is; it is not SageMaker's."""
        return self.root / "progress.json"
