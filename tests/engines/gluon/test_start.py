from __future__ import annotations

import numpy as np
import pytest

from semseg.errors import ModelError
from tests.engines.onnx.random_parameters import GLUON_WIDTH, random_parameters

pytestmark = pytest.mark.engine


def test_what_fits_is_taken_and_a_file_of_another_encoder_changes_nothing() -> None:
    import mxnet as mx

    from semseg.engines.gluon.networks import build_network, initialize
    from semseg.engines.gluon.start import take_fitting

    network = build_network("fcn", "resnet-50", num_classes=2, aux=False)
    initialize(network, [mx.cpu()])
    parameters = network._collect_params_with_prefix()
    before = {name: parameter.data().asnumpy() for name, parameter in parameters.items()}
    # of three classes, and in half precision
    arrays = random_parameters("fcn", num_classes=3, width=GLUON_WIDTH)
    given = {name: array.astype(np.float16) for name, array in arrays.items()}
    short = {name: array for name, array in given.items() if name != "layer2.0.bn1.beta"}
    with pytest.raises(ModelError, match=r"^a.params cannot .*: it holds no 'layer2\.0\.bn1\.beta'"):
        take_fitting(network, "resnet-50", "a.params", short)
    assert all(np.array_equal(parameters[name].data().asnumpy(), before[name]) for name in parameters)
    start = take_fitting(network, "resnet-50", "a.params", given)
    assert start.anew == ("head.block.4.weight", "head.block.4.bias")
    wanted = {**before, **{name: array for name, array in given.items() if name not in start.anew}}
    assert all(np.array_equal(parameters[name].data().asnumpy(), wanted[name]) for name in parameters)
