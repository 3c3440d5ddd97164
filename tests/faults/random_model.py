"""Writes a model of random parameters, as a served job directory: python -m tests.faults.random_model FOLDER.

Needs MXNet. It is an FCN on ResNet-50 with a base_size of 64, so that by the scale rule it looks at pictures of at most
96 pixels and answers at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from semseg.engines.gluon.networks import build_network, initialize

NUM_CLASSES = 5
BASE_SIZE = 64
SEED = 1


def main() -> None:
    write_model(Path(sys.argv[1]) / "model")


def write_model(directory: Path) -> None:
    import mxnet

    mxnet.random.seed(SEED)
    network = build_network("fcn", "resnet-50", NUM_CLASSES, aux=True)
    initialize(network, [mxnet.cpu()])
    directory.mkdir(parents=True)
    hyperparameters = {"num_classes": str(NUM_CLASSES), "base_size": str(BASE_SIZE)}
    (directory / "hyperparams.json").write_text(json.dumps(hyperparameters))
    network.save_parameters(str(directory / "model_best.params"))


if __name__ == "__main__":
    main()
