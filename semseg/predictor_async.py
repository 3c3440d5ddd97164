"""AsyncPredictor: requests and answers of an asynchronous endpoint, which lie in S3.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.predictor_async``.
"""

from __future__ import annotations

import io
import re
import time
from typing import Any

from semseg.api.names import name_from_base
from semseg.api.shapes import Request, without_none
from semseg.contract import media_types
from semseg.contract.s3_uri import S3Uri
from semseg.errors import PlatformError, RequestError, UserError
from semseg.predictor import Predictor, accept_header, body_bytes

INPUTS = "async-endpoint-inputs"
POLL_SECONDS = 2.0
UNTYPED = ("", "binary/octet-stream", "application/octet-stream")  # of objects whose type nobody said
# As in: Received client error (415) from primary with message "..."
TOLD_STATUS = re.compile(r"Received (?:client|server) error \((\d{3})\)")
SERVER_ERROR = 500
WAIT_SECONDS = 15 * 60.0  # as long as an asynchronous endpoint has for one answer


class AsyncInferenceResponse:
    """An answer that is not there yet, or that may be read already.

    Attributes:
        output_path: s3:// URI of the answer; failure_path: of the refusal, or None.
        accept: the media types that were asked for, the most wanted first; None means the predictor's.
    """

    def __init__(
        self, predictor_async: AsyncPredictor, output_path: str, failure_path: str | None, accept: str | None = None
    ) -> None:
        self.predictor_async = predictor_async
        self.output_path = output_path
        self.failure_path = failure_path
        self.accept = accept

    def get_result(self, seconds: float = WAIT_SECONDS, poll_seconds: float = POLL_SECONDS) -> Any:
        """Waits for the answer, deserializes it, and returns the result.

        Raises:
            RequestError: the endpoint refused the request, or failed at it; carries the HTTP status that the model
                gave, 500 where it gave none, as after a time-out.
            PlatformError: there was no answer in time.
        """
        predictor = self.predictor_async.predictor
        objects = predictor.sagemaker_session.objects
        output = S3Uri.parse("output_path", self.output_path)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = objects.find(output)
            if found:
                media_type = self._media_type(found.content_type)
                return predictor.deserializer.deserialize(io.BytesIO(objects.read(output)), media_type)
            if self.failure_path and objects.find(S3Uri.parse("failure_path", self.failure_path)):
                refusal = objects.read(S3Uri.parse("failure_path", self.failure_path))
                raise _failure(refusal.decode("utf-8", "replace"))
            time.sleep(poll_seconds)
        raise PlatformError(f"the answer {self.output_path} was not there within {seconds:g} seconds")

    def _media_type(self, stored_as: str) -> str:
        """Returns the answer's media type: that of the object, else the one most wanted of those asked for."""
        if stored_as not in UNTYPED:
            return stored_as
        asked = self.accept or accept_header(self.predictor_async.predictor.accept)
        return media_types.bare(asked.split(",")[0])


def _failure(text: str) -> RequestError:
    """Returns the error for what SageMaker wrote about a failed request; it quotes the status that the model gave."""
    told = TOLD_STATUS.search(text)
    return RequestError(int(told[1]) if told else SERVER_ERROR, text)


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

    def predict(self, data: Any = None, input_path: str | None = None, seconds: float = WAIT_SECONDS) -> Any:
        """Waits for the answer and returns it; takes the arguments of :meth:`predict_async` and of ``get_result``."""
        return self.predict_async(data, input_path).get_result(seconds)

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
