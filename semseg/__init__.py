"""The SageMaker estimator API for the built-in semantic segmentation algorithm, run on one machine."""

from semseg import analytics, deserializers, errors, estimator, inputs, local, model, pictures, predictor, serializers
from semseg.analytics import TrainingJobAnalytics
from semseg.estimator import Estimator
from semseg.inputs import TrainingInput
from semseg.local import LocalSession
from semseg.model import Model
from semseg.predictor import Predictor

__all__ = [
    "Estimator",
    "LocalSession",
    "Model",
    "Predictor",
    "TrainingInput",
    "TrainingJobAnalytics",
    "analytics",
    "deserializers",
    "errors",
    "estimator",
    "inputs",
    "local",
    "model",
    "pictures",
    "predictor",
    "serializers",
]
