"""What a network begins with that others have trained."""

from __future__ import annotations

from collections.abc import Mapping

import mxnet as mx
import numpy as np

from semseg.engines.start import Start, start_from


def take_fitting(network: mx.gluon.HybridBlock, backbone: str, file: str, values: Mapping[str, np.ndarray]) -> Start:
    """Gives a network those values of a file that fit it, and returns which; where the file is refused, none.

    Args:
        network: initialized, and run once, so that every shape is known.
        backbone, file: as of :func:`semseg.engines.start.start_from`, which says what is raised too.
        values: the arrays of the file, by GluonCV's names.
    """
    parameters = network._collect_params_with_prefix()
    found = {name: array.shape for name, array in values.items()}
    start = start_from(file, backbone, found, {name: parameter.shape for name, parameter in parameters.items()})
    for name in start.taken:
        parameters[name].set_data(mx.nd.array(values[name]))
    return start
