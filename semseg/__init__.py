"""The SageMaker estimator API for the built-in semantic segmentation algorithm, on one machine and on SageMaker.

Nothing is loaded before it is asked for: the command line, and each process of a job, need a part of it alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from semseg.machine.mxnet_names import restore_on_import

if TYPE_CHECKING:
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
        model_evaluation,
        model_monitor,
        parameter,
        picture_prediction,
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
    from semseg.model import Model
    from semseg.model_evaluation import Evaluated, evaluate
    from semseg.picture_prediction import Predicted, predict
    from semseg.predictor import Predictor
    from semseg.sagemaker_alias import install_as_sagemaker
    from semseg.session import Session, get_execution_role
    from semseg.transformer import Transformer
    from semseg.tuner import HyperparameterTuner

__version__ = "0.4.0"

restore_on_import()

__all__ = [
    "Estimator",
    "Evaluated",
    "ExportReport",
    "HyperparameterTuner",
    "LocalSession",
    "Model",
    "Predicted",
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
    "evaluate",
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
    "model_evaluation",
    "model_monitor",
    "parameter",
    "picture_prediction",
    "pictures",
    "predict",
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

# The modules that the names are in which are no modules themselves.
_MODULES = {
    "TrainingJobAnalytics": "analytics",
    "Estimator": "estimator",
    "ExportReport": "export",
    "export_model": "export",
    "TrainingInput": "inputs",
    "compare": "job_results",
    "LocalSession": "local",
    "Model": "model",
    "Evaluated": "model_evaluation",
    "evaluate": "model_evaluation",
    "Predicted": "picture_prediction",
    "predict": "picture_prediction",
    "Predictor": "predictor",
    "install_as_sagemaker": "sagemaker_alias",
    "Session": "session",
    "get_execution_role": "session",
    "Transformer": "transformer",
    "HyperparameterTuner": "tuner",
}

if not TYPE_CHECKING:  # which would take every name for one that is there

    def __getattr__(name: str) -> object:
        """Gives a public name; its module is loaded then."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name not in _MODULES:
            return import_module(f"{__name__}.{name}")
        found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
