"""The channels of a training job: their names, and which of them must be there.

Source: the SageMaker developer guide, "Input/Output Interface for the Semantic Segmentation Algorithm".
"""

from __future__ import annotations

import difflib
from collections.abc import Collection

from semseg.errors import ChannelError

TRAIN = "train"
TRAIN_ANNOTATION = "train_annotation"
VALIDATION = "validation"
VALIDATION_ANNOTATION = "validation_annotation"
LABEL_MAP = "label_map"
MODEL = "model"

REQUIRED = (TRAIN, TRAIN_ANNOTATION, VALIDATION, VALIDATION_ANNOTATION)
KNOWN = (*REQUIRED, LABEL_MAP, MODEL)


def check_channels(names: Collection[str]) -> None:
    """Refuse a set of channels with a name that is not known, or without one that is required.

    Raises:
        ChannelError: unknown names first, since a misspelt name is also a missing one.
    """
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        raise ChannelError(
            f"channel {unknown[0]!r} is not known: did you mean {_nearest(unknown[0])!r}, of {', '.join(KNOWN)}?"
        )
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ChannelError(
            f"a training job needs the channels {', '.join(REQUIRED)}, and {', '.join(missing)} is missing: "
            f"give it to fit()"
        )


def _nearest(name: str) -> str:
    return difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.0)[0]
