"""The parameter names of the SageMaker Python SDK v1, which scripts still use."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping
from typing import Any

from semseg.errors import UserError

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


def from_v1(old: Mapping[str, Any], new: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Returns ``new`` with the values of ``old`` under the names that they have now, each with a UserWarning.

    Args:
        old: arguments by their old names.
        new: the arguments whose name has changed, by their new names.
        defaults: of every parameter that there is now; a new argument with another value was given.

    Raises:
        TypeError: an argument has a name that there has never been; the sentence says the nearest one.
        UserError: an old name is given beside its new one.
    """
    now = dict(new)
    for name, value in old.items():
        if name not in V2_NAMES:
            nearest = difflib.get_close_matches(name, defaults, n=1, cutoff=0.0)[0]
            raise TypeError(f"{name!r} is not a parameter of Estimator; did you mean {nearest!r}?")
        new_name = V2_NAMES[name]
        warnings.warn(f"{name} is now called {new_name}", UserWarning, stacklevel=3)
        if new[new_name] != defaults[new_name]:
            raise UserError(
                f"{name} must be left out where {new_name}, its new name, is given, got {value!r} and {new[new_name]!r}"
            )
        now[new_name] = value
    return now
