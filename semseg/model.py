"""Model: an archive that can be deployed, whether it was trained here or on SageMaker.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.model``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from semseg.api.allowed_values import check_one_of
from semseg.api.arguments import check_count, check_flag, check_has_method, checked_strings
from semseg.api.names import DEFAULT_BASE_NAME, check_name, name_from_base
from semseg.api.refusals import refuse
from semseg.api.shapes import Answer, Request, Settings, Tags, request_part, tag_list, without_none
from semseg.api.shown import shown
from semseg.api.side import Side
from semseg.contract.address import location_text
from semseg.contract.echoed import echoed
from semseg.deserializers import DEFAULT_DESERIALIZER, BaseDeserializer
from semseg.enums import EndpointType, RoutingStrategy
from semseg.errors import UserError
from semseg.predictor import Predictor
from semseg.predictor_async import AsyncPredictor
from semseg.serializers import BaseSerializer, ImageSerializer
from semseg.session import AnySession, session_or_new
from semseg.transformer import Transformer

PredictorClass = Callable[[str, Any], Any]  # of an endpoint's name and a session
ARCHIVE_END = ".tar.gz"
NO_CODE = ", for the algorithm takes no code of one's own"


class Model:
    """A ``model.tar.gz`` and how to serve it.

    Args:
        image_uri: None means the built-in algorithm's; without meaning on this machine.
        model_data: an s3:// URI of the archive, on this machine also a path or file:// URI of it or of a folder with
            its files; or the API's ModelDataSource.
        role: ARN or name of the role that a managed endpoint runs as; without meaning on this machine.
        predictor_cls: called with an endpoint's name and the session; None means Predictor.
        env: environment variables of the server.
        name: of the model; None makes one up.
        vpc_config: the API's VpcConfig; without meaning on this machine, as ``enable_network_isolation`` and
            ``image_config``.
        sagemaker_session: None means a Session.

    Code of one's own cannot be served: what would bring it is refused.
    """

    def __init__(
        self,
        image_uri: str | None = None,
        model_data: str | os.PathLike[str] | Request | None = None,
        role: str | None = None,
        predictor_cls: PredictorClass | None = None,
        env: Mapping[str, str] | None = None,
        name: str | None = None,
        vpc_config: Request | None = None,
        sagemaker_session: AnySession | None = None,
        enable_network_isolation: bool | None = None,
        model_kms_key: str | None = None,
        image_config: Request | None = None,
        source_dir: str | None = None,
        code_location: str | None = None,
        entry_point: str | None = None,
        container_log_level: int = logging.INFO,
        dependencies: list[str] | None = None,
        git_config: Mapping[str, str] | None = None,
    ) -> None:
        refuse(
            {
                "model_kms_key": model_kms_key,
                "source_dir": source_dir,
                "code_location": code_location,
                "entry_point": entry_point,
                "container_log_level": container_log_level != logging.INFO,
                "dependencies": dependencies,
                "git_config": git_config,
            },
            NO_CODE,
        )
        _check_places(image_uri, model_data)
        self.image_uri = image_uri
        self.model_data = model_data
        self.role = role
        self.predictor_cls = predictor_cls
        self.env = checked_strings("env", env)
        self.name = name
        self.vpc_config = vpc_config
        self.network_isolation = bool(enable_network_isolation)
        self.image_config = image_config
        self.sagemaker_session: AnySession = session_or_new(sagemaker_session)
        self.endpoint_name: str | None = None
        self._deployed_to: Side | None = None

    def __repr__(self) -> str:
        return shown(self, lambda: f"{self.name or 'without a name'}: {self._source()}")

    def create(self, instance_type: str | None = None, tags: Tags = None) -> None:
        """Makes the model known, so that a transformer or an endpoint can name it; its ``name`` is set then.

        Args:
            instance_type: "local" or "local_gpu" for this machine, else SageMaker's.
        """
        self._create(self.sagemaker_session.for_instance(instance_type), tags)

    def transformer(
        self,
        instance_count: int,
        instance_type: str,
        strategy: str | None = None,
        assemble_with: str | None = None,
        output_path: str | os.PathLike[str] | None = None,
        output_kms_key: str | None = None,
        accept: str | None = None,
        env: Mapping[str, str] | None = None,
        max_concurrent_transforms: int | None = None,
        max_payload: int | None = None,
        tags: Tags = None,
        volume_kms_key: str | None = None,
    ) -> Transformer:
        """Creates the model, and returns a Transformer of it; the arguments are those of Transformer."""
        check_count("instance_count", instance_count)
        self.create(instance_type, tags)
        return Transformer(
            str(self.name),
            instance_count,
            instance_type,
            strategy=strategy,
            assemble_with=assemble_with,
            output_path=output_path,
            output_kms_key=output_kms_key,
            accept=accept,
            max_concurrent_transforms=max_concurrent_transforms,
            max_payload=max_payload,
            tags=tags,
            env=env,
            base_transform_job_name=DEFAULT_BASE_NAME,
            sagemaker_session=self.sagemaker_session,
            volume_kms_key=volume_kms_key,
        )

    def delete_model(self) -> None:
        """Forgets the model; its archive stays."""
        if self.name is None:
            raise UserError("the model has no name yet: call create() or deploy() first")
        if self._is_gone(self.name):
            return
        self.sagemaker_session.with_model(self.name).delete_model(self.name)

    def _is_gone(self, name: str) -> bool:
        """Returns whether the model went with the endpoint that it was deployed to."""
        side, endpoint = self._deployed_to, self.endpoint_name
        return side is not None and endpoint is not None and side.forget_deploy(endpoint, name)

    def deploy(
        self,
        initial_instance_count: int | None = None,
        instance_type: str | None = None,
        serializer: BaseSerializer | None = None,
        deserializer: BaseDeserializer | None = None,
        accelerator_type: str | None = None,
        endpoint_name: str | None = None,
        tags: Tags = None,
        kms_key: str | None = None,
        wait: bool = True,
        data_capture_config: Settings = None,
        async_inference_config: Settings = None,
        serverless_inference_config: Settings = None,
        volume_size: int | None = None,
        model_data_download_timeout: int | None = None,
        container_startup_health_check_timeout: int | None = None,
        inference_recommendation_id: str | None = None,
        explainer_config: object = None,
        endpoint_type: EndpointType = EndpointType.MODEL_BASED,
        routing_config: Request | None = None,
    ) -> Any:
        """Starts an endpoint, which lives on after this process until it is deleted.

        Args:
            initial_instance_count: None means 1, all there is on this machine.
            instance_type: "local", "local_gpu" or one of SageMaker's; None with ``serverless_inference_config``.
            serializer: None means ImageSerializer().
            deserializer: None means MaskDeserializer().
            endpoint_name: None makes one up.
            wait: whether to wait until it answers; a hyphen is printed for each look, then an exclamation mark.
            data_capture_config, async_inference_config, serverless_inference_config: of the API's shape, or an object
                of the SDK with ``_to_request_dict()``; refused on this machine.
            container_startup_health_check_timeout: seconds; None means 240 on this machine.
            endpoint_type: MODEL_BASED; an endpoint of inference components is refused.
            routing_config: ``{"RoutingStrategy": RoutingStrategy.RANDOM}``; without meaning on this machine.

        ``accelerator_type``, ``tags``, ``kms_key``, ``volume_size`` and ``model_data_download_timeout`` have no meaning
        on this machine; ``inference_recommendation_id`` and ``explainer_config`` are refused.

        Returns:
            A Predictor, or what ``predictor_cls`` makes.

        Raises:
            ModelError: the archive cannot be served.
            PlatformError: the endpoint failed, or was not ready in time.
        """
        unknown = {
            "inference_recommendation_id": inference_recommendation_id,
            "explainer_config": explainer_config,
        }
        refuse(unknown, ", for masks have no explainers and no recommendations")
        if endpoint_type is not EndpointType.MODEL_BASED:
            raise UserError(f"endpoint_type must be EndpointType.MODEL_BASED, got {echoed(endpoint_type)}")
        check_count("initial_instance_count", initial_instance_count)
        check_has_method("serializer", serializer, "serialize")
        check_has_method("deserializer", deserializer, "deserialize")
        check_flag("wait", wait)
        if instance_type is None and serverless_inference_config is None:
            raise UserError(
                'instance_type must be "local", "local_gpu" or one of SageMaker\'s, such as "ml.m5.xlarge", got None'
            )
        side = self.sagemaker_session.for_instance(instance_type)
        serverless = request_part("serverless_inference_config", serverless_inference_config)
        variant = {
            "VariantName": "AllTraffic",
            "InitialInstanceCount": None if serverless else initial_instance_count or 1,
            "InstanceType": instance_type,
            "InitialVariantWeight": 1,
            "AcceleratorType": accelerator_type,
            "VolumeSizeInGB": volume_size,
            "ModelDataDownloadTimeoutInSeconds": model_data_download_timeout,
            "ContainerStartupHealthCheckTimeoutInSeconds": container_startup_health_check_timeout,
            "ServerlessConfig": serverless,
            "RoutingConfig": _routing(routing_config),
        }
        name = endpoint_name or name_from_base(self.name or DEFAULT_BASE_NAME)
        check_name("an endpoint", name)
        self.name = self.name or name_from_base(DEFAULT_BASE_NAME)
        config = without_none(
            {
                "EndpointConfigName": name,
                "ProductionVariants": [without_none({**variant, "ModelName": self.name})],
                "KmsKeyId": kms_key,
                "Tags": tag_list(tags),
                "DataCaptureConfig": request_part("data_capture_config", data_capture_config),
                "AsyncInferenceConfig": request_part("async_inference_config", async_inference_config),
            }
        )
        side.check_endpoint_config(config)
        self._create(side, tags, for_endpoint=True)
        self.endpoint_name, self._deployed_to = name, side
        endpoint = without_none({"EndpointName": name, "EndpointConfigName": name, "Tags": tag_list(tags)})
        try:
            side.create_endpoint_config(config)
            side.create_endpoint(endpoint)
            if wait:
                side.wait_for_endpoint(name)
        except BaseException:
            side.forget_deploy(name, self.name)  # where there is no endpoint that one could look into
            raise
        predictor = self._predictor(name, serializer, deserializer)
        return AsyncPredictor(predictor, self.name) if async_inference_config else predictor

    def register(
        self,
        content_types: list[str] | None = None,
        response_types: list[str] | None = None,
        inference_instances: list[str] | None = None,
        transform_instances: list[str] | None = None,
        model_package_name: str | None = None,
        model_package_group_name: str | None = None,
        image_uri: str | None = None,
        marketplace_cert: bool = False,
        approval_status: str | None = None,
        description: str | None = None,
        customer_metadata_properties: Mapping[str, str] | None = None,
    ) -> ModelPackage:
        """Puts the model into SageMaker's model registry.

        Args:
            content_types: None means JPEG and PNG; response_types: None means PNG and RecordIO-protobuf.
            inference_instances, transform_instances: instance types that it may run on.
            model_package_name, model_package_group_name: one of them; a group is made where there is none.
            approval_status: "Approved", "Rejected" or "PendingManualApproval"; None means the last, for a group.

        Raises:
            UserError: there is not exactly one of the two names, or AWS refused.
        """
        if (model_package_name is None) == (model_package_group_name is None):
            raise UserError(
                "register needs either model_package_name or model_package_group_name, "
                f"got {echoed(model_package_name)} and {echoed(model_package_group_name)}"
            )
        side = self.sagemaker_session.with_registry()
        container = {
            "Image": image_uri or self.image_uri or side.algorithm_image(),
            "ModelDataUrl": self._archive(),
            "Environment": self.env or None,
        }
        specification = {
            "Containers": [without_none(container)],
            "SupportedContentTypes": content_types or ["image/jpeg", "image/png"],
            "SupportedResponseMIMETypes": response_types or ["image/png", "application/x-protobuf"],
            "SupportedRealtimeInferenceInstanceTypes": inference_instances,
            "SupportedTransformInstanceTypes": transform_instances,
        }
        request = {
            "ModelPackageName": model_package_name,
            "ModelPackageGroupName": model_package_group_name,
            "ModelPackageDescription": description,
            "InferenceSpecification": without_none(specification),
            "CertifyForMarketplace": marketplace_cert or None,
            "ModelApprovalStatus": approval_status or ("PendingManualApproval" if model_package_group_name else None),
            "CustomerMetadataProperties": customer_metadata_properties,
        }
        return ModelPackage(self.role, side.register(without_none(request)), self.sagemaker_session)

    def _source(self) -> str:
        """Returns where the parameters come from, for people."""
        return str(self.model_data)

    def _archive(self) -> str:
        if self.model_data is None or isinstance(self.model_data, Mapping):
            raise UserError(f"model_data must be a URI of a model.tar.gz, got {echoed(self.model_data)}")
        return location_text("model_data", self.model_data)

    def _create(self, side: Side, tags: Tags, for_endpoint: bool = False) -> None:
        self.name = self.name or name_from_base(DEFAULT_BASE_NAME)
        request = {
            "ModelName": self.name,
            "PrimaryContainer": self._container(side),
            "ExecutionRoleArn": self.role,
            "VpcConfig": self.vpc_config,
            "EnableNetworkIsolation": self.network_isolation or None,
            "Tags": tag_list(tags),
        }
        side.create_model(without_none(request), for_endpoint)

    def _container(self, side: Side) -> Answer:
        """Returns the API's ContainerDefinition."""
        source = self.model_data if isinstance(self.model_data, Mapping) else None
        container = {
            "Image": self.image_uri or side.algorithm_image(),
            "ModelDataUrl": None if source else self._archive(),
            "ModelDataSource": source,
            "Environment": self.env,
            "ImageConfig": self.image_config,
        }
        return without_none(container)

    def _predictor(
        self, endpoint_name: str, serializer: BaseSerializer | None, deserializer: BaseDeserializer | None
    ) -> Any:
        if self.predictor_cls is None:
            return Predictor(
                endpoint_name,
                self.sagemaker_session,
                serializer or ImageSerializer(),
                deserializer or DEFAULT_DESERIALIZER,
            )
        predictor = self.predictor_cls(endpoint_name, self.sagemaker_session)
        if serializer:
            predictor.serializer = serializer
        if deserializer:
            predictor.deserializer = deserializer
        return predictor


def _routing(routing_config: Request | None) -> Answer | None:
    """Returns the API's ProductionVariantRoutingConfig."""
    if not routing_config:
        return None
    strategy = routing_config.get("RoutingStrategy")
    names = tuple(RoutingStrategy.__members__)
    check_one_of("RoutingStrategy", strategy.name if isinstance(strategy, RoutingStrategy) else strategy, names)
    return {"RoutingStrategy": RoutingStrategy(strategy).value}


def _check_places(image_uri: object, model_data: object) -> None:
    """Refuses an archive in the place of an image, and what cannot name an archive."""
    if isinstance(image_uri, os.PathLike) or (isinstance(image_uri, str) and image_uri.endswith(ARCHIVE_END)):
        raise UserError(
            f"image_uri must be the address of an image, got {echoed(image_uri)}: write Model(model_data=...)"
        )
    if model_data is not None and not isinstance(model_data, (str, os.PathLike, Mapping)):
        raise UserError(f"model_data must be a URI of a model.tar.gz, got {echoed(model_data)}")


class ModelPackage(Model):
    """A model in SageMaker's model registry, ready to be deployed on SageMaker.

    Args:
        role: ARN or name of the role that its endpoints run as.
        model_package_arn: of the registered version.
        sagemaker_session: None means a Session.
    """

    def __init__(self, role: str | None, model_package_arn: str, sagemaker_session: AnySession | None = None) -> None:
        super().__init__(role=role, sagemaker_session=sagemaker_session)
        self.model_package_arn = model_package_arn

    def _source(self) -> str:
        return self.model_package_arn

    def _container(self, side: Side) -> Answer:
        return without_none({"ModelPackageName": self.model_package_arn, "Environment": self.env or None})
