"""Words for endpoints that have a name in the SageMaker Python SDK.

Source of names and values: the SageMaker Python SDK v2, ``sagemaker.enums``.
"""

from __future__ import annotations

from enum import Enum


class EndpointType(Enum):
    """What an endpoint is made of; a model of this algorithm is served by an endpoint of its own."""

    MODEL_BASED = "ModelBased"
    INFERENCE_COMPONENT_BASED = "InferenceComponentBased"


class RoutingStrategy(Enum):
    """Which of its instances an endpoint gives a request to; for ``deploy(routing_config=...)``."""

    RANDOM = "RANDOM"
    LEAST_OUTSTANDING_REQUESTS = "LEAST_OUTSTANDING_REQUESTS"
