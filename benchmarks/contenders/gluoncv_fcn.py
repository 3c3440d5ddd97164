"""GluonCV's own FCN without changes: its class, its ``predict``, its default threads. It takes an array and returns the
arg-max.

    python -m benchmarks.contenders.gluoncv_fcn model_best.params 21 resnet50
    python -m benchmarks.contenders.gluoncv_fcn --save model_best.params 21 resnet50

The second form writes a network of random values to measure with. Nothing of semseg is imported. The auxiliary head,
which GluonCV would compute and throw away, is left out.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import benchmarks.contenders.gluoncv_alone  # noqa: F401
from benchmarks.contenders.turns import Turns


def main(arguments: list[str]) -> None:
    turns = Turns()
    file, classes, backbone = arguments[-3:]
    network = fcn(int(classes), backbone)
    if arguments[0] == "--save":
        fill(network)
        network.save_parameters(file)
        return
    network.load_parameters(file, ignore_extra=True)
    turns.take(predictor(network))


def fcn(classes: int, backbone: str) -> Any:
    from gluoncv.model_zoo import FCN

    return FCN(classes, backbone=backbone, aux=False, pretrained_base=False)


def predictor(network: Any) -> Any:
    """Returns a function that asks the network as GluonCV's own demonstration does."""
    import mxnet as mx
    from gluoncv.data.transforms.presets.segmentation import test_transform

    def segment(image: np.ndarray) -> np.ndarray:
        # Without the auxiliary head it answers a tuple of one.
        (scores,) = network.predict(test_transform(mx.nd.array(image, dtype="uint8"), mx.cpu()))
        return mx.nd.squeeze(mx.nd.argmax(scores, 1)).asnumpy().astype(np.uint8)

    return segment


def fill(network: Any) -> None:
    """Fills the network with random values that keep the activations as large as those of a trained network."""
    import mxnet as mx

    mx.random.seed(1)
    network.initialize(mx.init.MSRAPrelu(), force_reinit=True)
    network.predict(mx.nd.zeros((1, 3, 32, 32)))  # the shapes of some parameters are known only now
    rng = np.random.default_rng(0)
    ranges = {"running_mean": (-0.1, 0.1), "running_var": (0.5, 1.5), "bn3.gamma": (0.1, 0.3)}
    for name, parameter in network._collect_params_with_prefix().items():
        for ending, (low, high) in ranges.items():
            if name.endswith(ending):
                parameter.set_data(mx.nd.array(rng.uniform(low, high, parameter.shape)))


if __name__ == "__main__":
    main(sys.argv[1:])
