"""SessionSettings: settings of a session that have a meaning for other algorithms.

Source of names and defaults: the SageMaker Python SDK v2, ``sagemaker.session_settings``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SessionSettings:
    """For ``Session(settings=...)``. This algorithm's models are never repacked, and none is JumpStart's.

    Attributes:
        encrypt_repacked_artifacts: whether repacked archives are encrypted in S3.
        local_download_dir: where repacked archives are downloaded to; None means a temporary folder.
        include_jumpstart_tags: whether JumpStart's models are tagged.
    """

    encrypt_repacked_artifacts: bool = True
    local_download_dir: str | None = None
    include_jumpstart_tags: bool = True
