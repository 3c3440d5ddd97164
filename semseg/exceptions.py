"""The errors that have a name in the SageMaker Python SDK, for scripts that catch them.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.exceptions``.
"""

from semseg.errors import (
    AsyncInferenceError,
    AsyncInferenceModelError,
    CapacityError,
    ObjectNotExistedError,
    PollingTimeoutError,
    UnexpectedClientError,
    UnexpectedStatusException,
)

__all__ = [
    "AsyncInferenceError",
    "AsyncInferenceModelError",
    "CapacityError",
    "ObjectNotExistedError",
    "PollingTimeoutError",
    "UnexpectedClientError",
    "UnexpectedStatusException",
]
