"""Predictor: image in, mask out.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.predictor``.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from semseg.api.arguments import check_count, check_has_method
from semseg.api.names import name_from_base
from semseg.api.refusals import refuse
from semseg.api.shapes import Answer, Request, Tags, tag_list, without_none
from semseg.api.shown import shown
from semseg.api.side import Side
from semseg.contract.address import path_text
from semseg.contract.echoed import echoed
from semseg.contract.media_types import standard
from semseg.contract.pairing import IMAGE_SUFFIXES, is_hidden
from semseg.deserializers import DEFAULT_DESERIALIZER, BaseDeserializer, BytesDeserializer
from semseg.errors import PlatformError, SemsegError, UserError
from semseg.predictions import OnError, predictions
from semseg.serializers import BaseSerializer, IdentitySerializer, ImageSerializer
from semseg.session import AnySession, local_side, session_or_new

IMAGES = ImageSerializer()


class Predictor:
    """Asks one endpoint, which may have been deployed by another process.

    Args:
        endpoint_name: a running endpoint's name; it is looked up when it is first used.
        sagemaker_session: None means a Session.
        serializer: makes the request; None means ImageSerializer() for an endpoint of this machine, and for a managed
            one IdentitySerializer(), which sends bytes as they are.
        deserializer: reads the answer; None means MaskDeserializer() for an endpoint of this machine, and for a managed
            one BytesDeserializer().
        component_name: an inference component of a managed endpoint; refused on this machine.
    """

    def __init__(
        self,
        endpoint_name: str,
        sagemaker_session: AnySession | None = None,
        serializer: BaseSerializer | None = None,
        deserializer: BaseDeserializer | None = None,
        component_name: str | None = None,
    ) -> None:
        check_has_method("serializer", serializer, "serialize")
        check_has_method("deserializer", deserializer, "deserialize")
        self.endpoint_name = endpoint_name
        self.sagemaker_session: AnySession = session_or_new(sagemaker_session)
        self._serializer = serializer
        self._deserializer = deserializer
        self._sends_bytes, self._gives_bytes = IdentitySerializer(), BytesDeserializer()
        self.component_name = component_name
        self._content_type: str | None = None
        self._accept: str | tuple[str, ...] | None = None
        self._models: list[str] | None = None  # the endpoint's, remembered once the endpoint is gone
        self._deleted_from: Side | None = None

    def __repr__(self) -> str:
        return shown(self, lambda: f"of endpoint {self.endpoint_name}{' on this machine' if self._is_local() else ''}")

    @property
    def serializer(self) -> BaseSerializer:
        """Makes the requests."""
        return self._serializer or (IMAGES if self._is_local() else self._sends_bytes)

    @serializer.setter
    def serializer(self, serializer: BaseSerializer) -> None:
        self._serializer = serializer

    @property
    def deserializer(self) -> BaseDeserializer:
        """Reads the answers."""
        return self._deserializer or (DEFAULT_DESERIALIZER if self._is_local() else self._gives_bytes)

    @deserializer.setter
    def deserializer(self, deserializer: BaseDeserializer) -> None:
        self._deserializer = deserializer

    def predict(
        self,
        data: Any,
        initial_args: Request | None = None,
        target_model: str | None = None,
        target_variant: str | None = None,
        inference_id: str | None = None,
        custom_attributes: str | None = None,
        component_name: str | None = None,
    ) -> Any:
        """Returns what the endpoint makes of ``data``: from a predictor of ``deploy()`` a mask, (H, W) uint8.

        Args:
            data: what the serializer takes; ImageSerializer takes a path, the bytes of a picture file, one open for
                reading bytes, a PIL image or an image, (H, W, 3) uint8, RGB.
            initial_args: goes before what the predictor would send, such as ``{"Accept": "image/png"}``.
            custom_attributes: at most 1024 characters that the endpoint is sent along.

        Raises:
            ImageError: ``data`` is no picture.
            RequestError: the endpoint refused the request; carries the HTTP status.
            UserError: there is no such endpoint.
            PlatformError: the endpoint has ended, or did not answer.
        """
        request = {
            **self._request(data),
            "TargetModel": target_model,
            "TargetVariant": target_variant,
            "InferenceId": inference_id,
            "CustomAttributes": custom_attributes,
            "InferenceComponentName": component_name or self.component_name,
            **(initial_args or {}),
        }
        return self._ask(self._side(), self._deserializer_for("Accept" in (initial_args or {})), request)

    def predict_many(
        self,
        paths: Iterable[Any] | str | os.PathLike[str],
        workers: int | None = None,
        progress: bool = True,
        on_error: OnError[Any] = None,
    ) -> Iterator[tuple[Any, Any]]:
        """Yields each path with its answer, in the order of the paths; several are asked for at a time.

        A picture that is broken or refused is reported and left out, and the others go on. Where the endpoint is
        busy (503) and says when to come back, it is asked again, for 70 seconds at most. Paths are taken from an
        iterator as they are needed. Closing the result waits for the requests that are under way.

        Args:
            paths: what :meth:`predict` takes, many of them; or a folder, for the images in and below it in
                the order of their paths, but for hidden ones.
            workers: requests at a time; None means as many as the endpoint asks for, or 4 of a managed one. An
                endpoint of this machine is never sent more than its queue holds.
            progress: whether a bar counts the pictures, on terminals and in notebooks.
            on_error: called with the path and the error of each picture that is left out; None prints a line.

        Raises:
            UserError: there is no such endpoint, ``paths`` is one picture or a folder without any, or ``workers`` is
                not at least 1.
            PlatformError: the endpoint has ended, or did not answer; it ends the iteration.
        """
        pictures = _several(paths)
        if workers is not None and (type(workers) is not int or workers < 1):
            raise UserError(f"workers must be a whole number of at least 1, got {workers!r}")
        side = self._side()
        ask = partial(self._ask, side, self.deserializer)
        at_a_time = side.requests_in_flight(self.endpoint_name, workers)
        return predictions(self._request, ask, pictures, at_a_time, progress, on_error, self.sagemaker_session.teller)

    @property
    def content_type(self) -> str:
        """The media type of requests: the one set by hand, else the serializer's."""
        return self._content_type or self.serializer.CONTENT_TYPE

    @content_type.setter
    def content_type(self, content_type: str | None) -> None:
        self._content_type = content_type

    @property
    def accept(self) -> str | tuple[str, ...]:
        """The media types that are asked for: the ones set by hand, else the deserializer's.

        Set by hand while the deserializer is still the one that ``deploy()`` chose, answers are their raw bytes.
        """
        return self._accept or self.deserializer.ACCEPT

    @accept.setter
    def accept(self, accept: str | tuple[str, ...] | None) -> None:
        self._accept = accept
        self.deserializer = self._deserializer_for(accept_by_hand=accept is not None)

    @property
    def endpoint(self) -> str:
        """The old name of ``endpoint_name``."""
        warnings.warn("Predictor.endpoint is now called endpoint_name", UserWarning, stacklevel=2)
        return self.endpoint_name

    @property
    def endpoint_url(self) -> str | None:
        """Such as http://127.0.0.1:8080; also good as ``endpoint_url`` of a boto3 client of "sagemaker-runtime".

        None for a managed endpoint, which boto3 finds by itself.
        """
        return self._side().endpoint_url(self.endpoint_name)

    def delete_endpoint(self, delete_endpoint_config: bool = True) -> None:
        """Stops the endpoint and removes what is kept of it, with its configuration unless that is to stay.

        On this machine the model goes as well, where ``deploy()`` made it and no other configuration names it.
        """
        side = self._side()
        config = side.describe_endpoint(self.endpoint_name).get("EndpointConfigName")
        if config:
            self._models = _models_of(side, config)
        if config and delete_endpoint_config:
            side.delete_endpoint_config(config)
        side.delete_endpoint(self.endpoint_name)
        if delete_endpoint_config:
            self._deleted_from = side
            for name in self._models or []:
                self._is_gone(name)

    def predict_stream(
        self,
        data: object,
        initial_args: object = None,
        target_variant: object = None,
        inference_id: object = None,
        custom_attributes: object = None,
        component_name: object = None,
        target_container_hostname: object = None,
        iterator: object = None,
    ) -> None:
        """Raises UserError always: a mask is one whole, and cannot come in parts."""
        raise UserError("predict_stream is not supported, for a mask is one whole: call predict()")

    def delete_predictor(self) -> None:
        """Does the same as :meth:`delete_endpoint`."""
        self.delete_endpoint()

    def delete_model(self) -> None:
        """Forgets the models behind the endpoint, before or after :meth:`delete_endpoint`; their archives stay."""
        if self._models is None:
            side = self._side()
            self._models = _models_of(side, side.describe_endpoint(self.endpoint_name)["EndpointConfigName"])
        for name in self._models:
            if not self._is_gone(name):
                self.sagemaker_session.with_model(name).delete_model(name)
        self._models = []

    def _is_gone(self, model: str) -> bool:
        """Returns whether a model went with the endpoint, which it does where only that needed it."""
        return self._deleted_from is not None and self._deleted_from.forget_deploy(self.endpoint_name, model)

    def update_endpoint(
        self,
        initial_instance_count: int | None = None,
        instance_type: str | None = None,
        accelerator_type: str | None = None,
        model_name: str | None = None,
        tags: Tags = None,
        kms_key: str | None = None,
        data_capture_config_dict: Request | None = None,
        max_instance_count: int | None = None,
        min_instance_count: int | None = None,
        wait: bool = True,
    ) -> None:
        """Gives a managed endpoint other machines, another model or another data capture, while it goes on answering.

        Args:
            data_capture_config_dict: the API's DataCaptureConfig; None keeps the endpoint's own.
            max_instance_count, min_instance_count: refused.

        Raises:
            UserError: on this machine always, and without an argument that changes something.
            PlatformError: the update failed; SageMaker may have taken it back, and the endpoint is as it was then.
        """
        refuse({"max_instance_count": max_instance_count, "min_instance_count": min_instance_count})
        check_count("initial_instance_count", initial_instance_count)
        side = self._side()
        changes = without_none(
            {
                "InitialInstanceCount": initial_instance_count,
                "InstanceType": instance_type,
                "AcceleratorType": accelerator_type,
                "ModelName": model_name,
            }
        )
        if not changes and data_capture_config_dict is None:
            raise UserError(
                "update_endpoint needs initial_instance_count, instance_type, accelerator_type, model_name or "
                "data_capture_config_dict, got none"
            )
        old = side.describe_endpoint_config(side.describe_endpoint(self.endpoint_name)["EndpointConfigName"])
        name = name_from_base(self.endpoint_name)
        config = {
            "EndpointConfigName": name,
            "ProductionVariants": [{**variant, **changes} for variant in old["ProductionVariants"]],
            "DataCaptureConfig": data_capture_config_dict or old.get("DataCaptureConfig") or None,
            "AsyncInferenceConfig": old.get("AsyncInferenceConfig") or None,
            "KmsKeyId": kms_key or old.get("KmsKeyId"),
            "Tags": tag_list(tags),
        }
        side.create_endpoint_config(without_none(config))
        try:
            side.update_endpoint({"EndpointName": self.endpoint_name, "EndpointConfigName": name})
        except SemsegError:
            side.delete_endpoint_config(name)
            raise
        if wait:
            side.wait_for_endpoint(self.endpoint_name)
            _check_updated(side.describe_endpoint(self.endpoint_name), name)

    def _request(self, data: Any) -> Answer:
        body = self.serializer.serialize(data)
        return {
            "EndpointName": self.endpoint_name,
            "Body": body_bytes(body),
            "ContentType": self.content_type_of(body),
            "Accept": accept_header(self.accept),
            "InferenceComponentName": self.component_name,
        }

    def _ask(self, side: Side, deserializer: BaseDeserializer, request: Request) -> Any:
        response = side.invoke_endpoint(**request)
        return deserializer.deserialize(response["Body"], response["ContentType"])

    def _is_local(self) -> bool:
        """Returns whether the endpoint is one of this machine; nothing is asked of AWS."""
        local = local_side(self.sagemaker_session)
        return local is not None and local.has_endpoint(self.endpoint_name)

    def _side(self) -> Side:
        return self.sagemaker_session.with_endpoint(self.endpoint_name)

    def content_type_of(self, body: Any) -> str:
        """Returns the media type that this body is sent as."""
        if self._content_type is None and isinstance(self.serializer, ImageSerializer):
            return self.serializer.content_type_of(body)
        return standard(self.content_type)

    def _deserializer_for(self, accept_by_hand: bool) -> BaseDeserializer:
        if accept_by_hand and self.deserializer is DEFAULT_DESERIALIZER:
            return BytesDeserializer()
        return self.deserializer


class RealTimePredictor(Predictor):
    """The name that Predictor had in version 1, with its arguments; warns."""

    def __init__(
        self,
        endpoint: str,
        sagemaker_session: AnySession | None = None,
        serializer: BaseSerializer | None = None,
        deserializer: BaseDeserializer | None = None,
        content_type: str | None = None,
        accept: str | None = None,
    ) -> None:
        warnings.warn("RealTimePredictor is now called Predictor", UserWarning, stacklevel=2)
        super().__init__(endpoint, sagemaker_session, serializer, deserializer)
        self.content_type = content_type
        self.accept = accept


def _several(paths: Iterable[Any] | str | os.PathLike[str]) -> Iterable[Any]:
    """Returns many pictures; of a folder those in it.

    Raises:
        UserError: it is one picture, or a folder without any.
    """
    if not isinstance(paths, (str, bytes, os.PathLike)):
        return paths
    rule = "paths must be a folder or several pictures, such as a list"
    if isinstance(paths, bytes):
        raise UserError(f"{rule}, got one bytes")
    folder = Path(path_text("paths", paths, "Transformer.transform() answers the pictures of a prefix in S3"))
    if not folder.is_dir():
        raise UserError(f"{rule}, got one {type(paths).__name__}, {echoed(os.fspath(paths))}")
    below = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file())
    found = [path for path in below if not is_hidden(path.relative_to(folder).as_posix())]
    if not found:
        raise UserError(
            f"a folder of pictures must have at least one JPEG or PNG file, and {echoed(str(folder))} has none"
        )
    return found


def _models_of(side: Side, config: str) -> list[str]:
    variants = side.describe_endpoint_config(config)["ProductionVariants"]
    return [variant["ModelName"] for variant in variants]


def _check_updated(endpoint: Request, config: str) -> None:
    """Raises PlatformError where an endpoint that answers has another configuration: its update was taken back."""
    if endpoint["EndpointConfigName"] != config:
        raise PlatformError(
            f"endpoint {endpoint['EndpointName']!r} was not updated and still has configuration "
            f"{endpoint['EndpointConfigName']!r}. Reason: {endpoint.get('FailureReason') or 'SageMaker gave none'}"
        )


def accept_header(accept: str | tuple[str, ...]) -> str:
    return accept if isinstance(accept, str) else ", ".join(accept)


def body_bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    if hasattr(body, "read"):
        return body_bytes(body.read())
    raise UserError(
        f"the body of a request must be bytes, got {type(body).__name__}: set the predictor's serializer to one that "
        f"makes bytes of it, such as ImageSerializer()"
    )
