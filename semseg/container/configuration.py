"""Reads the files that tell a container what to do and on which machine it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from semseg.contract.job_directory import JobDirectory
from semseg.contract.resource_config import Resources, instance_type_in
from semseg.errors import PlatformError


def read_configuration(path: Path) -> dict[str, Any]:
    """Returns the JSON object in a configuration file; raises PlatformError if there is none."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise PlatformError(f"{path} must hold a JSON object that describes the job: {error}") from error
    if not isinstance(content, dict):
        raise PlatformError(f"{path} must hold a JSON object that describes the job, got {type(content).__name__}")
    return content


def resources(directory: JobDirectory) -> Resources:
    """Returns the machines of the job; one of no known type where the platform does not say."""
    if not directory.resource_config.exists():
        return Resources()
    return Resources.read(read_configuration(directory.resource_config))


def instance_type(directory: JobDirectory) -> str:
    """Returns the type of the machine, such as "local"; empty where the platform does not say."""
    if not directory.resource_config.exists():
        return ""
    return instance_type_in(read_configuration(directory.resource_config))
