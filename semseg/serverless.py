"""ServerlessInferenceConfig: an endpoint without machines of its own.

Source of names and defaults: the SageMaker Python SDK v2, ``sagemaker.serverless``.
"""

from __future__ import annotations

from semseg.api.shapes import Answer, without_none


class ServerlessInferenceConfig:
    """For ``deploy(serverless_inference_config=...)``; managed endpoints alone, without a GPU.

    Args:
        memory_size_in_mb: 1024 to 6144, in steps of 1024.
        max_concurrency: most requests at a time.
        provisioned_concurrency: requests at a time that machines are kept warm for.
    """

    def __init__(
        self, memory_size_in_mb: int = 2048, max_concurrency: int = 5, provisioned_concurrency: int | None = None
    ) -> None:
        self.memory_size_in_mb = memory_size_in_mb
        self.max_concurrency = max_concurrency
        self.provisioned_concurrency = provisioned_concurrency

    def _to_request_dict(self) -> Answer:
        """Returns the API's ProductionVariantServerlessConfig."""
        return without_none(
            {
                "MemorySizeInMB": self.memory_size_in_mb,
                "MaxConcurrency": self.max_concurrency,
                "ProvisionedConcurrency": self.provisioned_concurrency,
            }
        )
