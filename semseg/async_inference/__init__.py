"""Endpoints whose requests and answers lie in S3.

- ``async_inference_config.py``: what such an endpoint is deployed with.
- ``async_inference_response.py``: an answer that may not be there yet.
- ``waiter_config.py``: how long it is waited for.
"""

from semseg.async_inference.async_inference_config import AsyncInferenceConfig
from semseg.async_inference.async_inference_response import AsyncInferenceResponse
from semseg.async_inference.waiter_config import WaiterConfig

__all__ = ["AsyncInferenceConfig", "AsyncInferenceResponse", "WaiterConfig"]
