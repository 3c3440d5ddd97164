"""Where the image of the built-in algorithm is.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.image_uris``.
"""

from __future__ import annotations

from semseg.api.algorithm_image import ALGORITHM, VERSION, algorithm_image
from semseg.api.allowed_values import check_one_of
from semseg.contract.echoed import echoed
from semseg.errors import UserError

VERSIONS = (VERSION, "latest")
SCOPES = ("training", "inference")


def retrieve(
    framework: str,
    region: str,
    version: str | None = None,
    py_version: str | None = None,
    instance_type: str | None = None,
    accelerator_type: str | None = None,
    image_scope: str | None = None,
    container_version: str | None = None,
    distribution: object = None,
    base_framework_version: str | None = None,
    training_compiler_config: object = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sdk_version: str | None = None,
    inference_tool: str | None = None,
    serverless_inference_config: object = None,
    sagemaker_session: object = None,
) -> str:
    """Returns the image's URI, such as ``433757028032.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:1``.

    The algorithm has one image for training and inference on all instance types, so that py_version, instance_type,
    image_scope, serverless_inference_config and sagemaker_session choose nothing.

    Args:
        framework: "semantic-segmentation".
        region: such as "us-west-2".
        version: "1", which is also called "latest".

    Raises:
        UserError: there is no such algorithm, region or version, or an argument is set that this image has not.
    """
    without = {
        "accelerator_type": accelerator_type,
        "container_version": container_version,
        "distribution": distribution,
        "base_framework_version": base_framework_version,
        "training_compiler_config": training_compiler_config,
        "model_id": model_id,
        "model_version": model_version,
        "hub_arn": hub_arn,
        "tolerate_vulnerable_model": tolerate_vulnerable_model,
        "tolerate_deprecated_model": tolerate_deprecated_model,
        "sdk_version": sdk_version,
        "inference_tool": inference_tool,
    }
    check_one_of("framework", framework, (ALGORITHM,))
    check_one_of("version", version or VERSION, VERSIONS)
    check_one_of("image_scope", image_scope or SCOPES[0], SCOPES)
    for name, value in without.items():
        if value:
            raise UserError(f"{name} must be left out, for {ALGORITHM} has one image for all, got {echoed(value)}")
    return algorithm_image(region)
