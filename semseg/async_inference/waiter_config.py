"""WaiterConfig: how long the answer of an asynchronous endpoint is waited for.

Source of names and defaults: the SageMaker Python SDK v2, ``sagemaker.async_inference.waiter_config``.
"""

from __future__ import annotations

from semseg.errors import UserError


class WaiterConfig:
    """For ``AsyncInferenceResponse.get_result`` and ``AsyncPredictor.predict``.

    Args:
        max_attempts: how often S3 is asked for the answer, at least once.
        delay: seconds between two attempts.
    """

    def __init__(self, max_attempts: int = 60, delay: float = 15) -> None:
        if max_attempts < 1 or delay < 0:
            raise UserError(
                f"max_attempts must be at least 1 and delay at least 0 seconds, got {max_attempts!r} and {delay!r}"
            )
        self.max_attempts = max_attempts
        self.delay = delay

    @property
    def seconds(self) -> float:
        """The longest wait."""
        return self.max_attempts * self.delay

    def _to_request_dict(self) -> dict[str, float]:
        """Returns the WaiterConfig of boto3's waiters."""
        return {"Delay": self.delay, "MaxAttempts": self.max_attempts}
