"""evaluate: how good a model is on a data set, whether it is an archive, a job's, or behind an endpoint."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from semseg.contract.channels import VALIDATION
from semseg.contract.resource_config import LOCAL
from semseg.given_model import AnyModel
from semseg.inputs import Inputs
from semseg.session import AnySession

__all__ = ["Evaluated", "evaluate"]


@dataclass(frozen=True)
class Evaluated:
    """The scores of a model on a data set; printed, they are a table of the classes.

    Attributes:
        path: the folder with ``evaluation.json``, ``per_picture.csv``, ``confusion_matrix.png``, ``worst.png`` and
            ``report.html``, as a training job's ``output/data`` has them.
    """

    path: Path

    @property
    def report(self) -> Path:
        """The path of ``report.html``."""
        return self.path / "report.html"


def evaluate(
    model: AnyModel,
    data: Inputs,
    path: str | os.PathLike[str] | None = None,
    channel: str = VALIDATION,
    engine: str | None = None,
    precision: str | None = None,
    instance_type: str = LOCAL,
    sagemaker_session: AnySession | None = None,
    progress: bool = True,
) -> Evaluated:
    """Scores a model on whole pictures of a data set, as an endpoint would answer them, and writes a report.

    Args:
        model: a path, file:// or s3:// URI of a ``model.tar.gz``, or a folder with its files; a training job or an
            endpoint, or the name of one; an Estimator or a Predictor. An endpoint is asked as it runs; any other model
            is opened in a process of its own, without a server.
        data: the channels "validation" and "validation_annotation" and, if need be, "label_map", as ``fit`` takes
            them; or one folder with folders of these names in it. Other channels are not read.
        path: the folder that gets the files; None means one in SEMSEG_HOME.
        channel: "validation", or "train" to score the training pictures.
        engine: "openvino", "pytorch" or "mxnet"; None takes the one that an endpoint would take.
        precision: "fp32" or "int8"; None takes what an endpoint would take. Of a job's model int8 is made if need be.
        instance_type: "local" or "local_gpu".
        sagemaker_session: None means a Session.
        progress: whether a bar counts the pictures.

    Raises:
        UserError: there is no such model, or an argument has no meaning for an endpoint.
        ChannelError: a channel is missing, or its files cannot be used.
        ModelError: the archive cannot be used.
        PlatformError: an engine is missing, or the process that scores failed.
    """
    raise NotImplementedError
