"""The SageMaker estimator API for the built-in semantic segmentation algorithm, run on one machine."""

from semseg import (
    analytics,
    deserializers,
    errors,
    estimator,
    image_uris,
    inputs,
    local,
    model,
    pictures,
    predictor,
    s3,
    serializers,
    session,
)
from semseg.analytics import TrainingJobAnalytics
from semseg.estimator import Estimator
from semseg.inputs import TrainingInput
from semseg.local import LocalSession
from semseg.model import Model
from semseg.predictor import Predictor
from semseg.session import Session, get_execution_role

__all__ = [
    "Estimator",
    "LocalSession",
    "Model",
    "Predictor",
    "Session",
    "TrainingInput",
    "TrainingJobAnalytics",
    "analytics",
    "deserializers",
    "errors",
    "estimator",
    "get_execution_role",
    "image_uris",
    "inputs",
    "local",
    "model",
    "pictures",
    "predictor",
    "s3",
    "serializers",
    "session",
]
