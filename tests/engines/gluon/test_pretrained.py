from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.errors import ModelError
from tests.engines.onnx.random_parameters import GLUON_WIDTH, random_parameters

pytestmark = pytest.mark.engine


def test_a_file_fills_the_whole_encoder_and_leaves_the_head_and_one_that_does_not_fit_changes_nothing(
    tmp_path: Path,
) -> None:
    import mxnet as mx

    from semseg.engines.gluon.networks import build_network, initialize
    from semseg.engines.gluon.pretrained import load_backbone

    network = build_network("fcn", "resnet-50", num_classes=2, aux=False)
    initialize(network, [mx.cpu()])
    parameters = network._collect_params_with_prefix()
    before = {name: parameter.data().asnumpy() for name, parameter in parameters.items()}
    arrays = random_parameters("fcn", width=GLUON_WIDTH)
    encoder = {name: array for name, array in arrays.items() if not name.startswith("head.")}
    write_parameters(tmp_path / "short", {name: array for name, array in encoder.items() if name != "bn1.beta"})
    with pytest.raises(ModelError, match=r"it holds no 'bn1\.beta'"):
        load_backbone(network, "resnet-50", str(tmp_path / "short"))
    assert all(np.array_equal(parameters[name].data().asnumpy(), before[name]) for name in parameters)
    write_parameters(tmp_path / "whole", encoder)
    load_backbone(network, "resnet-50", str(tmp_path / "whole"))
    wanted = {**before, **encoder}
    assert all(np.array_equal(parameters[name].data().asnumpy(), wanted[name]) for name in parameters)
