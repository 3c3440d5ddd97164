"""The SageMaker estimator API for the built-in semantic segmentation algorithm, on one machine and on SageMaker."""

from semseg import (
    amazon,
    analytics,
    async_inference,
    base_deserializers,
    base_serializers,
    config,
    data,
    debugger,
    deserializers,
    enums,
    errors,
    estimator,
    exceptions,
    export,
    image_uris,
    inputs,
    job,
    job_results,
    local,
    model,
    model_monitor,
    parameter,
    pictures,
    predictor,
    predictor_async,
    s3,
    s3_utils,
    serializers,
    serverless,
    session,
    session_settings,
    transformer,
    tuner,
    utils,
)
from semseg.analytics import TrainingJobAnalytics
from semseg.estimator import Estimator
from semseg.export import ExportReport, export_model
from semseg.inputs import TrainingInput
from semseg.job_results import compare
from semseg.local import LocalSession
from semseg.machine.mxnet_names import restore_on_import
from semseg.model import Model
from semseg.predictor import Predictor
from semseg.sagemaker_alias import install_as_sagemaker
from semseg.session import Session, get_execution_role
from semseg.transformer import Transformer
from semseg.tuner import HyperparameterTuner

__version__ = "0.4.0"

restore_on_import()

__all__ = [
    "Estimator",
    "ExportReport",
    "HyperparameterTuner",
    "LocalSession",
    "Model",
    "Predictor",
    "Session",
    "TrainingInput",
    "TrainingJobAnalytics",
    "Transformer",
    "amazon",
    "analytics",
    "async_inference",
    "base_deserializers",
    "base_serializers",
    "compare",
    "config",
    "data",
    "debugger",
    "deserializers",
    "enums",
    "errors",
    "estimator",
    "exceptions",
    "export",
    "export_model",
    "get_execution_role",
    "image_uris",
    "inputs",
    "install_as_sagemaker",
    "job",
    "job_results",
    "local",
    "model",
    "model_monitor",
    "parameter",
    "pictures",
    "predictor",
    "predictor_async",
    "s3",
    "s3_utils",
    "serializers",
    "serverless",
    "session",
    "session_settings",
    "transformer",
    "tuner",
    "utils",
]
