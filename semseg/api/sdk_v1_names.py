"""The parameter names of the SageMaker Python SDK v1, which scripts still use."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

V2_NAMES = {
    "image_name": "image_uri",
    "train_instance_count": "instance_count",
    "train_instance_type": "instance_type",
    "train_max_run": "max_run",
    "train_max_wait": "max_wait",
    "train_use_spot_instances": "use_spot_instances",
    "train_volume_size": "volume_size",
    "train_volume_kms_key": "volume_kms_key",
}


def from_v1(arguments: Mapping[str, Any], parameters: Sequence[str]) -> dict[str, Any]:
    """The arguments under the names that they have now, each with a UserWarning.

    Args:
        arguments: by their old names.
        parameters: the names that there are now, for the message.

    Raises:
        TypeError: an argument has a name that there has never been; the sentence says the nearest one.
    """
    now = {}
    for name, value in arguments.items():
        if name not in V2_NAMES:
            nearest = difflib.get_close_matches(name, parameters, n=1, cutoff=0.0)[0]
            raise TypeError(f"{name!r} is not a parameter of Estimator; did you mean {nearest!r}?")
        warnings.warn(f"{name} is now called {V2_NAMES[name]}", UserWarning, stacklevel=3)
        now[V2_NAMES[name]] = value
    return now
