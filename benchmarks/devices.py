"""The devices that benchmarks measure on, by the names that ``--device`` takes."""

from __future__ import annotations

from semseg.contract.resource_config import LOCAL, LOCAL_GPU

INSTANCE_TYPES = {"cpu": LOCAL, "cuda": LOCAL_GPU}
