"""Model: an archive that can be deployed, whether it was trained here or on SageMaker.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.model``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from semseg.contract.names import DEFAULT_BASE_NAME, name_from_base
from semseg.deserializers import DEFAULT_DESERIALIZER, BaseDeserializer
from semseg.errors import UserError
from semseg.local import LocalSession
from semseg.local.limits import check_instance, refuse
from semseg.predictor import Predictor
from semseg.serializers import BaseSerializer, ImageSerializer

HEALTH_CHECK_SECONDS = 240  # as long as SageMaker waits


class Model:
    """A ``model.tar.gz`` and how to serve it.

    Args:
        image_uri: without meaning on this machine.
        model_data: path or file:// URI of the archive.
        role: without meaning on this machine.
        predictor_cls: called with an endpoint's name and the session; None means Predictor.
        env: environment variables of the server.
        name: what the names of its endpoints begin with.
        sagemaker_session: None means a LocalSession.

    ``vpc_config``, ``enable_network_isolation``, ``model_kms_key``, ``image_config`` and ``container_log_level`` are
    taken and have no meaning on this machine; the others would change what runs, and are refused.
    """

    def __init__(
        self,
        image_uri: str | None = None,
        model_data: str | os.PathLike[str] | None = None,
        role: str | None = None,
        predictor_cls: Callable[[str, LocalSession], Any] | None = None,
        env: Mapping[str, str] | None = None,
        name: str | None = None,
        vpc_config: Mapping[str, Any] | None = None,
        sagemaker_session: LocalSession | None = None,
        enable_network_isolation: bool | None = None,
        model_kms_key: str | None = None,
        image_config: Mapping[str, Any] | None = None,
        source_dir: str | None = None,
        code_location: str | None = None,
        entry_point: str | None = None,
        container_log_level: int = 20,
        dependencies: list[str] | None = None,
        git_config: Mapping[str, str] | None = None,
    ) -> None:
        refuse(
            {
                "source_dir": source_dir,
                "code_location": code_location,
                "entry_point": entry_point,
                "dependencies": dependencies,
                "git_config": git_config,
            }
        )
        self.image_uri = image_uri
        self.model_data = model_data
        self.role = role
        self.predictor_cls = predictor_cls
        self.env = dict(env or {})
        self.name = name
        self.sagemaker_session = sagemaker_session or LocalSession()
        self.endpoint_name: str | None = None

    def deploy(
        self,
        initial_instance_count: int | None = None,
        instance_type: str | None = None,
        serializer: BaseSerializer | None = None,
        deserializer: BaseDeserializer | None = None,
        accelerator_type: str | None = None,
        endpoint_name: str | None = None,
        tags: Any = None,
        kms_key: str | None = None,
        wait: bool = True,
        data_capture_config: Any = None,
        async_inference_config: Any = None,
        serverless_inference_config: Any = None,
        volume_size: int | None = None,
        model_data_download_timeout: int | None = None,
        container_startup_health_check_timeout: int | None = None,
        inference_recommendation_id: str | None = None,
        explainer_config: Any = None,
    ) -> Any:
        """Start an endpoint, which lives on after this process until it is deleted.

        Args:
            initial_instance_count: 1 or None.
            instance_type: "local" or "local_gpu".
            serializer: None means ImageSerializer().
            deserializer: None means MaskDeserializer().
            endpoint_name: None makes one up.
            wait: whether to wait until it answers; a hyphen is printed for each look, then an exclamation mark.
            container_startup_health_check_timeout: seconds to wait; None means 240.

        ``accelerator_type``, ``tags``, ``kms_key``, ``volume_size`` and ``model_data_download_timeout`` have no meaning
        on this machine; the others would change what runs, and are refused.

        Returns:
            A Predictor, or what ``predictor_cls`` makes.

        Raises:
            ModelError: the archive cannot be served.
            PlatformError: the server ended, or was not ready in time.
        """
        refuse(
            {
                "data_capture_config": data_capture_config,
                "async_inference_config": async_inference_config,
                "serverless_inference_config": serverless_inference_config,
                "inference_recommendation_id": inference_recommendation_id,
                "explainer_config": explainer_config,
            }
        )
        check_instance(instance_type, initial_instance_count)
        self.endpoint_name = endpoint_name or name_from_base(self.name or DEFAULT_BASE_NAME)
        self._start(self.endpoint_name, str(instance_type))
        if wait:
            seconds = container_startup_health_check_timeout or HEALTH_CHECK_SECONDS
            self.sagemaker_session.wait_for_endpoint(self.endpoint_name, seconds)
        return self._predictor(self.endpoint_name, serializer, deserializer)

    def _start(self, endpoint_name: str, instance_type: str) -> None:
        if self.model_data is None:
            raise UserError("model_data must be a path or a file:// URI of a model.tar.gz, got None")
        self.sagemaker_session.create_endpoint(endpoint_name, self.model_data, instance_type, self.env)

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
