"""Transformer: a model, and a folder or prefix of pictures that it answers one by one.

Source of names, order and defaults: the SageMaker Python SDK v2 (2.257.7), ``sagemaker.transformer``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

from semseg.api.arguments import check_count, checked_strings
from semseg.api.names import DEFAULT_BASE_NAME, name_from_base, start_named
from semseg.api.shapes import Settings, Tags, request_part, tag_list, without_none
from semseg.api.shown import shown
from semseg.contract.address import location_text
from semseg.contract.environment import HIDDEN
from semseg.contract.media_types import standard
from semseg.errors import UserError
from semseg.job import NO_JOB, TransformJob, job_words
from semseg.session import AnySession, session_or_new


class Transformer:
    """Runs batch transform jobs: ``<key>.out`` for each picture.

    Args:
        model_name: a model of the session; ``Estimator.transformer`` and ``Model.transformer`` make one.
        instance_count: how many machines; 1 on this one.
        instance_type: "local", "local_gpu" or one of SageMaker's, such as "ml.m5.xlarge".
        strategy: "SingleRecord" or "MultiRecord", which are the same where a picture is a record.
        assemble_with: None; "Line" would break the answers and is refused on this machine.
        output_path: where the answers go: a path, a file:// or an S3 URI. None means a folder of the job on this
            machine, and ``s3://<default bucket>/<job name>`` on SageMaker; each job has its own then.
        output_kms_key: the key that answers in S3 are encrypted with.
        accept: the media type of the answers, such as "image/png" or "application/x-protobuf".
        max_concurrent_transforms: requests at a time; None means as many as the endpoint asks for.
        max_payload: megabytes that a picture may have; None means 6.
        tags: ``[{"Key": ..., "Value": ...}]`` or a dictionary.
        env: environment variables of the server.
        base_transform_job_name: what job names begin with; None means "semantic-segmentation".
        sagemaker_session: None means ``Session()``.
        volume_kms_key: the key of the machines' disks; without meaning on this machine.

    Attributes:
        output_path: of the latest job, once there is one.
        latest_transform_job: a TransformJob; None before the first.
    """

    def __init__(
        self,
        model_name: str,
        instance_count: int,
        instance_type: str,
        strategy: str | None = None,
        assemble_with: str | None = None,
        output_path: str | os.PathLike[str] | None = None,
        output_kms_key: str | None = None,
        accept: str | None = None,
        max_concurrent_transforms: int | None = None,
        max_payload: int | None = None,
        tags: Tags = None,
        env: Mapping[str, str] | None = None,
        base_transform_job_name: str | None = None,
        sagemaker_session: AnySession | None = None,
        volume_kms_key: str | None = None,
    ) -> None:
        check_count("instance_count", instance_count)
        self.model_name = model_name
        self.instance_count = instance_count
        self.instance_type = instance_type
        self.strategy = strategy
        self.assemble_with = assemble_with
        self.output_path = None if output_path is None else location_text("output_path", output_path)
        self.output_kms_key = output_kms_key
        self.accept = accept
        self.max_concurrent_transforms = max_concurrent_transforms
        self.max_payload = max_payload
        self.tags = tags
        self.env = checked_strings("env", env)
        self.base_transform_job_name = base_transform_job_name
        self.sagemaker_session: AnySession = session_or_new(sagemaker_session)
        self.sagemaker_session.for_instance(instance_type)
        self.volume_kms_key = volume_kms_key
        self.latest_transform_job: TransformJob | None = None
        self._given_output_path = self.output_path

    def __repr__(self) -> str:
        return shown(self, lambda: f"of model {self.model_name}, {job_words(self.latest_transform_job) or NO_JOB}")

    def transform(
        self,
        data: str | os.PathLike[str],
        data_type: str = "S3Prefix",
        content_type: str | None = None,
        compression_type: str | None = None,
        split_type: str | None = None,
        job_name: str | None = None,
        input_filter: str | None = None,
        output_filter: str | None = None,
        join_source: str | None = None,
        experiment_config: Mapping[str, str] | None = None,
        model_client_config: Settings = None,
        batch_data_capture_config: Settings = None,
        wait: bool = True,
        logs: bool = True,
    ) -> None:
        """Answers every picture below ``data``.

        Args:
            data: a folder, a file:// URI or an S3 prefix; also one picture.
            data_type: "S3Prefix"; "ManifestFile" on SageMaker.
            content_type: the media type of the pictures, such as "image/jpeg".
            compression_type, split_type: None or "None"; a picture is a record.
            job_name: None makes one up.
            input_filter, output_filter, join_source: JSONPath expressions of SageMaker; refused on this machine.
            experiment_config: written down with the job.
            model_client_config: ``InvocationsTimeoutInSeconds`` (None means 600) and ``InvocationsMaxRetries`` (3).
            batch_data_capture_config: shaped as the API's BatchDataCaptureConfig; refused on this machine.
            wait: whether to wait for the job's end; it goes on in any case if this process ends.
            logs: whether to print its log meanwhile.

        Raises:
            UserError: before anything is started.
            PlatformError: the job failed; the answers that are there are kept.
        """
        source = {"S3DataType": data_type, "S3Uri": location_text("data", data)}
        request = {
            "ModelName": self.model_name,
            "MaxConcurrentTransforms": self.max_concurrent_transforms,
            "MaxPayloadInMB": self.max_payload,
            "ModelClientConfig": request_part("model_client_config", model_client_config),
            "BatchStrategy": self.strategy,
            "Environment": self.env or None,
            "TransformInput": without_none(
                {
                    "DataSource": {"S3DataSource": source},
                    "ContentType": None if content_type is None else standard(content_type),
                    "CompressionType": compression_type,
                    "SplitType": split_type,
                }
            ),
            "TransformOutput": without_none(
                {
                    "S3OutputPath": self._given_output_path,
                    "Accept": self.accept,
                    "AssembleWith": self.assemble_with,
                    "KmsKeyId": self.output_kms_key,
                }
            ),
            "DataCaptureConfig": request_part("batch_data_capture_config", batch_data_capture_config),
            "TransformResources": without_none(
                {
                    "InstanceType": self.instance_type,
                    "InstanceCount": self.instance_count,
                    "VolumeKmsKeyId": self.volume_kms_key,
                }
            ),
            "DataProcessing": without_none(
                {"InputFilter": input_filter, "OutputFilter": output_filter, "JoinSource": join_source}
            )
            or None,
            "Tags": tag_list(self.tags),
            "ExperimentConfig": request_part("experiment_config", experiment_config),
        }
        side, whole = self.sagemaker_session.with_model(self.model_name), without_none(request)
        new_name = partial(name_from_base, self.base_transform_job_name or DEFAULT_BASE_NAME)
        name = start_named(lambda name: side.transform({"TransformJobName": name, **whole}), new_name, job_name)
        self.latest_transform_job = TransformJob(self.sagemaker_session, name)
        self.output_path = self.latest_transform_job.describe()["TransformOutput"]["S3OutputPath"]
        if wait:
            self.latest_transform_job.wait(logs)

    def wait(self, logs: bool = True) -> None:
        """Waits for the latest job's end.

        Raises:
            PlatformError: the job failed.
        """
        self._latest_job().wait(logs)

    def stop_transform_job(self, wait: bool = True) -> None:
        """Asks the latest job to stop, and waits for its end unless ``wait`` is False."""
        self._latest_job().stop()
        if wait:
            self._latest_job().wait(logs=False)

    def delete_model(self) -> None:
        """Deletes the model that was transformed with."""
        self.sagemaker_session.with_model(self.model_name).delete_model(self.model_name)

    @classmethod
    def attach(cls, transform_job_name: str, sagemaker_session: AnySession | None = None) -> Transformer:
        """Returns the transformer of a job that was started before, perhaps by another process.

        Raises:
            UserError: there is no such job.
        """
        session: AnySession = session_or_new(sagemaker_session)
        job = session.with_transform_job(transform_job_name).describe_transform_job(transform_job_name)
        output, resources = job["TransformOutput"], job["TransformResources"]
        transformer = cls(
            job["ModelName"],
            resources["InstanceCount"],
            resources["InstanceType"],
            strategy=job.get("BatchStrategy"),
            assemble_with=output.get("AssembleWith"),
            output_path=output["S3OutputPath"],
            output_kms_key=output.get("KmsKeyId"),
            accept=output.get("Accept"),
            max_concurrent_transforms=job.get("MaxConcurrentTransforms"),
            max_payload=job.get("MaxPayloadInMB"),
            env={name: value for name, value in (job.get("Environment") or {}).items() if value != HIDDEN},
            base_transform_job_name=transform_job_name,
            sagemaker_session=session,
            volume_kms_key=resources.get("VolumeKmsKeyId"),
        )
        transformer.latest_transform_job = TransformJob(session, transform_job_name)
        return transformer

    def _latest_job(self) -> TransformJob:
        if self.latest_transform_job is None:
            raise UserError(
                "the transformer has no job yet: call transform(), or Transformer.attach() with a job's name"
            )
        return self.latest_transform_job
