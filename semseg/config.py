"""Configuration files of the SageMaker Python SDK, which have defaults for its calls: read, checked, merged.

semseg applies none of them by itself; a script takes from them what it needs. Source of names, places and rules: the
SageMaker Python SDK v2, ``sagemaker.config``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semseg.aws.account import Account
from semseg.aws.object_store import ObjectStore
from semseg.contract.environment import ADMIN_CONFIG, USER_CONFIG
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import UserError

FILE_NAME = "config.yaml"
VERSION = "1.0"

# Keys of a configuration that jobs and endpoints of this algorithm have.
SCHEMA_VERSION = "SchemaVersion"
CUSTOM_PARAMETERS = "CustomParameters"
SAGEMAKER = "SageMaker"
PYTHON_SDK = "PythonSDK"
MODULES = "Modules"
SESSION = "Session"
DEFAULT_S3_BUCKET = "DefaultS3Bucket"
DEFAULT_S3_OBJECT_KEY_PREFIX = "DefaultS3ObjectKeyPrefix"
TRAINING_JOB = "TrainingJob"
TRANSFORM_JOB = "TransformJob"
MODEL = "Model"
MODEL_PACKAGE = "ModelPackage"
ENDPOINT = "Endpoint"
ENDPOINT_CONFIG = "EndpointConfig"
ROLE_ARN = "RoleArn"
EXECUTION_ROLE_ARN = "ExecutionRoleArn"
ENVIRONMENT = "Environment"
TAGS = "Tags"
KEY = "Key"
VALUE = "Value"
KMS_KEY_ID = "KmsKeyId"
VOLUME_KMS_KEY_ID = "VolumeKmsKeyId"
OUTPUT_DATA_CONFIG = "OutputDataConfig"
RESOURCE_CONFIG = "ResourceConfig"
TRANSFORM_OUTPUT = "TransformOutput"
TRANSFORM_RESOURCES = "TransformResources"
DATA_CAPTURE_CONFIG = "DataCaptureConfig"
ASYNC_INFERENCE_CONFIG = "AsyncInferenceConfig"
OUTPUT_CONFIG = "OutputConfig"
PRODUCTION_VARIANTS = "ProductionVariants"
VPC_CONFIG = "VpcConfig"
SUBNETS = "Subnets"
SECURITY_GROUP_IDS = "SecurityGroupIds"
ENABLE_NETWORK_ISOLATION = "EnableNetworkIsolation"
ENABLE_INTER_CONTAINER_TRAFFIC_ENCRYPTION = "EnableInterContainerTrafficEncryption"


def load_sagemaker_config(
    additional_config_paths: Sequence[str] | None = None, s3_resource: Any = None, repeat_log: bool = False
) -> dict[str, Any]:
    """Returns the configuration of the administrator, of the user and of more files; what a later one says holds.

    The first two lie in ``sagemaker/config.yaml`` of the system's and the user's configuration folder, or where
    SAGEMAKER_ADMIN_CONFIG_OVERRIDE and SAGEMAKER_USER_CONFIG_OVERRIDE say, and may be missing in those folders.

    Args:
        additional_config_paths: files, or folders with a config.yaml, of this machine or of S3.
        s3_resource: boto3's resource of "s3"; None makes one.
        repeat_log: without effect; nothing is logged.

    Raises:
        UserError: a file is missing or is no configuration, or PyYAML is not installed.
    """
    given = [os.environ[name] for name in (ADMIN_CONFIG, USER_CONFIG) if name in os.environ]
    usual = [_usual_file(name) for name in (ADMIN_CONFIG, USER_CONFIG) if name not in os.environ]
    merged: dict[str, Any] = {}
    for location in [*(str(file) for file in usual if file.exists()), *given, *(additional_config_paths or ())]:
        merged = _merged(merged, _read(location, s3_resource))
    return merged


def validate_sagemaker_config(sagemaker_config: Mapping[str, Any] | None = None) -> None:
    """Raises UserError unless this is a configuration of schema version 1.0.

    The keys below "SageMaker" are left to who takes them from there.
    """
    if not isinstance(sagemaker_config, Mapping) or sagemaker_config.get(SCHEMA_VERSION) != VERSION:
        raise UserError(f"a configuration must be a mapping with {SCHEMA_VERSION}: {VERSION!r}, got another")
    unknown = [str(key) for key in sagemaker_config if key not in (SCHEMA_VERSION, CUSTOM_PARAMETERS, SAGEMAKER)]
    if unknown:
        raise UserError(
            f"a configuration must have {SCHEMA_VERSION}, {SAGEMAKER} and {CUSTOM_PARAMETERS} alone, "
            f"got {', '.join(unknown)}"
        )


def _usual_file(variable: str) -> Path:
    is_mac = sys.platform == "darwin"
    if variable == ADMIN_CONFIG:
        shared = os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)[0] or "/etc/xdg"
        folder = Path("/Library/Application Support") if is_mac else Path(shared)
    else:
        own = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        folder = Path.home() / "Library" / "Application Support" if is_mac else Path(own)
    return folder / "sagemaker" / FILE_NAME


def _read(location: str, s3_resource: Any) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise UserError("load_sagemaker_config needs PyYAML, which is not installed: pip install pyyaml") from error
    try:
        content = yaml.safe_load(_bytes(location, s3_resource))
    except yaml.YAMLError as error:
        raise UserError(f"{location} must be a file in YAML: {str(error).splitlines()[0]}") from error
    if not content:
        return {}
    validate_sagemaker_config(content)
    return dict(content)


def _bytes(location: str, s3_resource: Any) -> bytes:
    if is_s3(location):
        objects = ObjectStore(s3_resource.meta.client) if s3_resource else Account().objects
        uri = S3Uri.parse("a configuration", location)
        return objects.read(uri if objects.find(uri) else uri.join(FILE_NAME))
    file = Path(location)
    try:
        return (file / FILE_NAME if file.is_dir() else file).read_bytes()
    except OSError as error:
        raise UserError(f"{location} must be a configuration file that can be read: {error.strerror}") from error


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Returns both, mappings within each other put together; of two other values the one ``above``."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if both else value
    return merged
