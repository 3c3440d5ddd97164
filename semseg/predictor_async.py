"""AsyncPredictor: requests and answers of an asynchronous endpoint, which lie in S3.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.predictor_async``.
"""

from __future__ import annotations

from typing import Any

from semseg.api.names import name_from_base
from semseg.api.shapes import Request, without_none
from semseg.async_inference import AsyncInferenceResponse, WaiterConfig
from semseg.contract.s3_uri import S3Uri
from semseg.deserializers import BaseDeserializer
from semseg.errors import UserError
from semseg.predictor import Predictor, accept_header, body_bytes
from semseg.serializers import BaseSerializer

INPUTS = "async-endpoint-inputs"
QUARTER_OF_AN_HOUR = WaiterConfig(max_attempts=450, delay=2)  # as long as an endpoint has for one answer


class AsyncPredictor:
    """Asks an asynchronous endpoint; what ``deploy(async_inference_config=...)`` returns.

    Args:
        predictor: of the same endpoint; its serializer and deserializer are used.
    """

    def __init__(self, predictor: Predictor, name: str | None = None) -> None:
        self.predictor = predictor
        self.name = name
        self.endpoint_name = predictor.endpoint_name
        self.sagemaker_session = predictor.sagemaker_session

    def __repr__(self) -> str:
        return f"<AsyncPredictor of endpoint {self.endpoint_name}>"

    @property
    def serializer(self) -> BaseSerializer:
        """Makes the requests; the predictor's."""
        return self.predictor.serializer

    @serializer.setter
    def serializer(self, serializer: BaseSerializer) -> None:
        self.predictor.serializer = serializer

    @property
    def deserializer(self) -> BaseDeserializer:
        """Reads the answers; the predictor's."""
        return self.predictor.deserializer

    @deserializer.setter
    def deserializer(self, deserializer: BaseDeserializer) -> None:
        self.predictor.deserializer = deserializer

    def predict(
        self,
        data: Any = None,
        input_path: str | None = None,
        initial_args: Request | None = None,
        inference_id: str | None = None,
        waiter_config: WaiterConfig | None = None,
    ) -> Any:
        """Waits for the answer and returns it; takes the arguments of :meth:`predict_async` and of ``get_result``.

        Args:
            waiter_config: how often to look for it; None means each 2 seconds for 15 minutes.

        Raises:
            PollingTimeoutError, AsyncInferenceModelError, UnexpectedClientError: as of ``get_result``.
        """
        answer = self.predict_async(data, input_path, initial_args, inference_id)
        return answer.get_result(waiter_config or QUARTER_OF_AN_HOUR)

    def predict_async(
        self,
        data: Any = None,
        input_path: str | None = None,
        initial_args: Request | None = None,
        inference_id: str | None = None,
    ) -> AsyncInferenceResponse:
        """Sends a request, and returns at once.

        Args:
            data: what the serializer takes; it is written to ``input_path``, by default in the default bucket.
            input_path: s3:// URI of the request; without ``data`` it is there already.

        Raises:
            UserError: there is neither; PlatformError: AWS could not be reached.
        """
        if data is None and input_path is None:
            raise UserError("predict_async needs data or input_path, got neither")
        content_type = self.predictor.content_type
        location = S3Uri.parse("input_path", input_path) if input_path else self._new_input()
        if data is not None:
            body = self.predictor.serializer.serialize(data)
            content_type = self.predictor.content_type_of(body)
            self.sagemaker_session.objects.write(location, body_bytes(body))
        request = {
            "EndpointName": self.endpoint_name,
            "InputLocation": str(location),
            "ContentType": content_type,
            "Accept": accept_header(self.predictor.accept),
            "InferenceId": inference_id,
            **(initial_args or {}),
        }
        side = self.sagemaker_session.with_endpoint(self.endpoint_name)
        answer = side.invoke_endpoint_async(without_none(request))
        return AsyncInferenceResponse(self, answer["OutputLocation"], answer.get("FailureLocation"), request["Accept"])

    def delete_endpoint(self, delete_endpoint_config: bool = True) -> None:
        """Deletes the endpoint, as :meth:`semseg.predictor.Predictor.delete_endpoint` does."""
        self.predictor.delete_endpoint(delete_endpoint_config)

    def delete_model(self) -> None:
        """Forgets the models, as :meth:`semseg.predictor.Predictor.delete_model` does."""
        self.predictor.delete_model()

    def _new_input(self) -> S3Uri:
        session = self.sagemaker_session
        folder = S3Uri(session.default_bucket(), "").join(session.default_bucket_prefix or "", INPUTS)
        return folder.join(name_from_base(self.name or self.endpoint_name))
