"""AsyncInferenceResponse: the answer of an asynchronous endpoint, which lies in S3 once it is there.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.async_inference.async_inference_response``.
"""

from __future__ import annotations

import io
import time
from typing import Any

from semseg.async_inference.waiter_config import WaiterConfig
from semseg.contract import media_types
from semseg.contract.s3_uri import S3Uri
from semseg.errors import (
    AsyncInferenceModelError,
    ObjectNotExistedError,
    PlatformError,
    PollingTimeoutError,
    UnexpectedClientError,
    UserError,
)

ONCE = WaiterConfig(max_attempts=1, delay=0)
STILL_RUNNING = "the endpoint may still be at work on it"
UNTYPED = ("", "binary/octet-stream", "application/octet-stream")  # of objects whose type nobody said


class AsyncInferenceResponse:
    """An answer that is not there yet, or that may be read already.

    Args:
        predictor_async: an AsyncPredictor of the endpoint; its deserializer reads the answer.
        output_path: s3:// URI of the answer; failure_path: of the refusal, or None.
        accept: the media types that were asked for, the most wanted first; None means the predictor's.
    """

    def __init__(
        self, predictor_async: Any, output_path: str, failure_path: str | None, accept: str | None = None
    ) -> None:
        self.predictor_async = predictor_async
        self.output_path = output_path
        self.failure_path = failure_path
        self.accept = accept
        self._result: Any = None

    def get_result(self, waiter_config: WaiterConfig | None = None) -> Any:
        """Returns the answer, deserialized; it is read once.

        Args:
            waiter_config: how often to look for it; None looks once.

        Raises:
            ObjectNotExistedError: it was not there, without a ``waiter_config``.
            PollingTimeoutError: it was not there after the last attempt.
            AsyncInferenceModelError: the endpoint refused the request, or failed at it. It is a RequestError, with the
                HTTP status that the model gave, 500 where it gave none, as after a time-out.
            UnexpectedClientError: S3 cannot be read.
            UserError: ``waiter_config`` is another thing, or a path is no s3:// URI.
        """
        if waiter_config is not None and not isinstance(waiter_config, WaiterConfig):
            raise UserError(f"waiter_config must be a WaiterConfig(), got {type(waiter_config).__name__}")
        if self._result is None:
            stored, media_type = self._wait(waiter_config)
            self._result = self.predictor_async.predictor.deserializer.deserialize(io.BytesIO(stored), media_type)
        return self._result

    def _wait(self, waiter_config: WaiterConfig | None) -> tuple[bytes, str]:
        wait = waiter_config or ONCE
        for attempt in range(wait.max_attempts):
            if attempt:
                time.sleep(wait.delay)
            found = self._look()
            if found is not None:
                return found
        if waiter_config is None:
            raise ObjectNotExistedError(STILL_RUNNING, self.output_path)
        raise PollingTimeoutError(STILL_RUNNING, self.output_path, wait.seconds)

    def _look(self) -> tuple[bytes, str] | None:
        """Returns the answer and its media type; None where it is not there yet."""
        answer = S3Uri.parse("output_path", self.output_path)
        refusal = S3Uri.parse("failure_path", self.failure_path) if self.failure_path else None
        try:
            found = self._read(answer)
            failure = self._read(refusal) if found is None and refusal else None
        except (UserError, PlatformError) as error:
            raise UnexpectedClientError(str(error)) from error
        if failure is not None:
            raise AsyncInferenceModelError(failure[0].decode("utf-8", "replace"))
        return found

    def _read(self, uri: S3Uri) -> tuple[bytes, str] | None:
        objects = self.predictor_async.predictor.sagemaker_session.objects
        found = objects.find(uri)
        return (objects.read(uri), self._media_type(found.content_type)) if found else None

    def _media_type(self, stored_as: str) -> str:
        """Returns the answer's media type: that of the object, else the one most wanted of those asked for."""
        if stored_as not in UNTYPED:
            return stored_as
        asked = self.accept or self.predictor_async.predictor.accept
        return media_types.bare((asked if isinstance(asked, str) else asked[0]).split(",")[0])
