"""Scripts of the SageMaker Python SDK v2 find its names after ``import semseg as sagemaker`` alone."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

TEXT = """
    Session LocalSession get_execution_role Predictor Model Estimator TrainingInput HyperparameterTuner Transformer
    TrainingJobAnalytics __version__
    amazon.amazon_estimator.get_image_uri
    amazon.common.RecordDeserializer amazon.common.RecordSerializer amazon.common.numpy_to_record_serializer
    amazon.common.read_recordio amazon.common.read_records amazon.common.record_deserializer
    amazon.common.write_numpy_to_dense_tensor amazon.common.write_spmatrix_to_sparse_tensor
    amazon.record_pb2.Bytes amazon.record_pb2.Float32Tensor amazon.record_pb2.Float64Tensor
    amazon.record_pb2.Int32Tensor amazon.record_pb2.Record amazon.record_pb2.Value
    analytics.HyperparameterTuningJobAnalytics analytics.TrainingJobAnalytics
    async_inference.AsyncInferenceConfig
    base_deserializers.BaseDeserializer base_serializers.BaseSerializer
    deserializers.BaseDeserializer deserializers.BytesDeserializer deserializers.CSVDeserializer
    deserializers.JSONDeserializer deserializers.JSONLinesDeserializer deserializers.NumpyDeserializer
    deserializers.PandasDeserializer deserializers.SimpleBaseDeserializer deserializers.StreamDeserializer
    deserializers.StringDeserializer
    estimator.Estimator.attach estimator.Estimator.create_model estimator.Estimator.delete_endpoint
    estimator.Estimator.deploy estimator.Estimator.fit estimator.Estimator.hyperparameters estimator.Estimator.logs
    estimator.Estimator.model_data estimator.Estimator.register estimator.Estimator.set_hyperparameters
    estimator.Estimator.training_image_uri estimator.Estimator.training_job_analytics estimator.Estimator.transformer
    image_uris.retrieve
    inputs.FileSystemInput inputs.ShuffleConfig inputs.TrainingInput
    local.LocalSession
    model.Model.create model.Model.delete_model model.Model.deploy model.Model.register model.Model.transformer
    parameter.CategoricalParameter parameter.ContinuousParameter parameter.IntegerParameter
    predictor.Predictor.delete_endpoint predictor.Predictor.delete_model predictor.Predictor.delete_predictor
    predictor.Predictor.endpoint predictor.Predictor.predict predictor.Predictor.predict_stream
    predictor.Predictor.update_endpoint predictor.RealTimePredictor
    s3.S3Downloader.download s3.S3Downloader.list s3.S3Downloader.read_file s3.S3Uploader.upload
    s3.S3Uploader.upload_string_as_file_body
    serializers.BaseSerializer serializers.CSVSerializer serializers.DataSerializer serializers.IdentitySerializer
    serializers.JSONLinesSerializer serializers.JSONSerializer serializers.LibSVMSerializer serializers.NumpySerializer
    serializers.SimpleBaseSerializer serializers.SparseMatrixSerializer serializers.StringSerializer
    serverless.ServerlessInferenceConfig
    session.Session.boto_region_name session.Session.boto_session session.Session.default_bucket
    session.Session.delete_endpoint session.Session.download_data session.Session.logs_for_job
    session.Session.upload_data session.get_execution_role session.s3_input
    transformer.Transformer.attach transformer.Transformer.delete_model transformer.Transformer.stop_transform_job
    transformer.Transformer.transform transformer.Transformer.wait
    tuner.CategoricalParameter tuner.ContinuousParameter tuner.HyperparameterTuner.analytics
    tuner.HyperparameterTuner.attach tuner.HyperparameterTuner.best_estimator
    tuner.HyperparameterTuner.best_training_job tuner.HyperparameterTuner.deploy tuner.HyperparameterTuner.describe
    tuner.HyperparameterTuner.fit tuner.HyperparameterTuner.stop_tuning_job tuner.HyperparameterTuner.wait
    tuner.IntegerParameter
"""
NAMES = TEXT.split()


def missing(names: list[str]) -> list[str]:
    code = f"""
import semseg as sagemaker
def resolves(name):
    thing = sagemaker
    for part in name.split("."):
        if not hasattr(thing, part):
            return False
        thing = getattr(thing, part)
    return True
print(*(name for name in {names!r} if not resolves(name)))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_every_name_is_reached_through_attributes() -> None:
    assert missing(NAMES) == []


def test_a_name_that_is_missing_is_found() -> None:
    assert missing(["Session", "session.Sessions"]) == ["session.Sessions"]


@pytest.mark.parametrize("module", sorted({name.rpartition(".")[0].split(".")[0] for name in NAMES} - {""}))
def test_every_module_exports_only_what_it_has(module: str) -> None:
    found = importlib.import_module(f"semseg.{module}")
    assert [name for name in getattr(found, "__all__", ()) if not hasattr(found, name)] == []


def test_the_module_of_training_jobs_has_its_name_from_version_0_3_too() -> None:
    earlier, now = importlib.import_module("semseg.training_job"), importlib.import_module("semseg.job")
    assert [getattr(earlier, name) is getattr(now, name) for name in earlier.__all__] == [True, True, True]
