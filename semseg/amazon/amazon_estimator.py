"""get_image_uri: the SDK v1's name for ``image_uris.retrieve``.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.amazon.amazon_estimator``.
"""

from __future__ import annotations

import warnings

from semseg import image_uris


def get_image_uri(region_name: str, repo_name: str, repo_version: str = "1") -> str:
    """Returns the image of a built-in algorithm in one region, and warns: it is now ``image_uris.retrieve``.

    Raises:
        UserError: there is no such algorithm, region or version.
    """
    warnings.warn("get_image_uri is now called image_uris.retrieve", UserWarning, stacklevel=2)
    return image_uris.retrieve(repo_name, region_name, version=repo_version)
