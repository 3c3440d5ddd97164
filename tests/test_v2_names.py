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
    amazon.hyperparameter.Hyperparameter.serialize_all amazon.hyperparameter.Hyperparameter.validate
    amazon.record_pb2.Bytes amazon.record_pb2.Float32Tensor amazon.record_pb2.Float64Tensor
    amazon.record_pb2.Int32Tensor amazon.record_pb2.Record amazon.record_pb2.Value
    analytics.HyperparameterTuningJobAnalytics analytics.TrainingJobAnalytics
    async_inference.AsyncInferenceConfig async_inference.AsyncInferenceResponse.get_result async_inference.WaiterConfig
    async_inference.async_inference_config.AsyncInferenceConfig
    async_inference.async_inference_response.AsyncInferenceResponse async_inference.waiter_config.WaiterConfig
    base_deserializers.BaseDeserializer base_serializers.BaseSerializer
    config.load_sagemaker_config config.validate_sagemaker_config config.SAGEMAKER config.TRAINING_JOB config.ROLE_ARN
    deserializers.BaseDeserializer deserializers.BytesDeserializer deserializers.CSVDeserializer
    deserializers.JSONDeserializer deserializers.JSONLinesDeserializer deserializers.NumpyDeserializer
    deserializers.PandasDeserializer deserializers.SimpleBaseDeserializer deserializers.StreamDeserializer
    deserializers.StringDeserializer deserializers.RecordDeserializer deserializers.record_deserializer
    enums.EndpointType.MODEL_BASED enums.RoutingStrategy.LEAST_OUTSTANDING_REQUESTS
    estimator.Estimator.attach estimator.Estimator.create_model estimator.Estimator.delete_endpoint
    estimator.Estimator.deploy estimator.Estimator.fit estimator.Estimator.hyperparameters estimator.Estimator.logs
    estimator.Estimator.model_data estimator.Estimator.register estimator.Estimator.set_hyperparameters
    estimator.Estimator.training_image_uri estimator.Estimator.training_job_analytics estimator.Estimator.transformer
    exceptions.AsyncInferenceError exceptions.AsyncInferenceModelError exceptions.CapacityError
    exceptions.ObjectNotExistedError exceptions.PollingTimeoutError exceptions.UnexpectedClientError
    exceptions.UnexpectedStatusException
    image_uris.retrieve
    inputs.FileSystemInput inputs.ShuffleConfig inputs.TrainingInput
    local.LocalSession
    model.Model.create model.Model.delete_model model.Model.deploy model.Model.register model.Model.transformer
    parameter.CategoricalParameter parameter.ContinuousParameter parameter.IntegerParameter
    predictor.Predictor.delete_endpoint predictor.Predictor.delete_model predictor.Predictor.delete_predictor
    predictor.Predictor.endpoint predictor.Predictor.predict predictor.Predictor.predict_stream
    predictor.Predictor.update_endpoint predictor.RealTimePredictor
    s3.S3Downloader.download s3.S3Downloader.list s3.S3Downloader.read_file s3.S3Uploader.upload
    s3.S3Uploader.upload_string_as_file_body s3.is_s3_url s3.parse_s3_url s3.s3_path_join
    s3_utils.determine_bucket_and_prefix s3_utils.is_s3_url s3_utils.parse_s3_url s3_utils.s3_path_join
    serializers.BaseSerializer serializers.CSVSerializer serializers.DataSerializer serializers.IdentitySerializer
    serializers.JSONLinesSerializer serializers.JSONSerializer serializers.LibSVMSerializer serializers.NumpySerializer
    serializers.RecordSerializer serializers.numpy_to_record_serializer
    serializers.SimpleBaseSerializer serializers.SparseMatrixSerializer serializers.StringSerializer
    serverless.ServerlessInferenceConfig
    session.Session.boto_region_name session.Session.boto_session session.Session.default_bucket
    session.Session.delete_endpoint session.Session.download_data session.Session.logs_for_job
    session.Session.upload_data session.get_execution_role session.s3_input
    session_settings.SessionSettings
    transformer.Transformer.attach transformer.Transformer.delete_model transformer.Transformer.stop_transform_job
    transformer.Transformer.transform transformer.Transformer.wait
    tuner.CategoricalParameter tuner.ContinuousParameter tuner.HyperparameterTuner.analytics
    tuner.HyperparameterTuner.attach tuner.HyperparameterTuner.best_estimator
    tuner.HyperparameterTuner.best_training_job tuner.HyperparameterTuner.deploy tuner.HyperparameterTuner.describe
    tuner.HyperparameterTuner.fit tuner.HyperparameterTuner.stop_tuning_job tuner.HyperparameterTuner.wait
    tuner.IntegerParameter
    utils.aws_partition utils.base_from_name utils.base_name_from_image utils.build_dict utils.create_tar_file
    utils.download_file utils.download_file_from_url utils.download_folder utils.format_tags utils.name_from_base
    utils.name_from_image utils.retries utils.sagemaker_short_timestamp utils.sagemaker_timestamp
    utils.secondary_training_status_changed utils.secondary_training_status_message utils.unique_name_from_base
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
