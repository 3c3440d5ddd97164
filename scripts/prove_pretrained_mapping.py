"""Proves that timm's weights, loaded by semseg, make the same encoder: python scripts/prove_pretrained_mapping.py

Makes random weights in timm's resnet50s and resnet101s (batch-norm statistics random too), writes them as safetensors,
fills GluonCV's encoder with them by semseg.engines.gluon.start, and runs both, dilated to stride 8, on the same
random image. Prints the largest relative difference of stages 3 and 4; ends with exit code 1 above 1e-3.

torch and timm go into an environment of their own, for they need another numpy than MXNet does. timm imports
torchvision at the top of some modules and uses nothing of it in its ResNets, so an empty stand-in takes its place.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from environments import install, make_environment
from semseg.engines.encoder_weights.encoder import pretrained_weights
from semseg.engines.gluon.networks import build_network, initialize
from semseg.engines.gluon.start import take_fitting

import mxnet as mx  # isort: skip  (importable only once semseg.engines.gluon has prepared it)

TOLERANCE = 1e-3
SIZE = 64  # pixels per side of the image
PACKAGES = ("torch==2.13.0", "numpy", "pillow", "safetensors", "pyyaml", "huggingface_hub")
NETWORKS = {"resnet-50": "resnet50s", "resnet-101": "resnet101s"}

STAND_IN = """
import sys, types

class AnyClass(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return name

class Anything(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return sys.modules.get(f"{self.__name__}.{name}") or AnyClass(name, (), {})

for name in ("", ".ops", ".ops.misc", ".models", ".models.feature_extraction", ".transforms", ".transforms.functional",
             ".datasets"):
    sys.modules["torchvision" + name] = Anything("torchvision" + name)
"""

TIMM_SIDE = """
import sys
import numpy as np
import torch
from safetensors.torch import save_file
import timm

name, folder, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.manual_seed(1)
network = timm.create_model(name, pretrained=False, output_stride=8).eval()
for module in network.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        torch.nn.init.uniform_(module.weight, 0.5, 1.5)
        torch.nn.init.normal_(module.bias, 0, 0.2)
        torch.nn.init.normal_(module.running_mean, 0, 0.2)
        torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
save_file(network.state_dict(), f"{folder}/{name}.safetensors")
image = torch.randn(1, 3, size, size)
with torch.no_grad():
    x = network.maxpool(network.act1(network.bn1(network.conv1(image))))
    stage3 = network.layer3(network.layer2(network.layer1(x)))
    stage4 = network.layer4(stage3)
np.savez(f"{folder}/{name}.npz", image=image.numpy(), stage3=stage3.numpy(), stage4=stage4.numpy())
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environment", type=Path, help="where torch and timm are kept; a temporary folder by default")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        python = timm_environment(parser.parse_args().environment or folder / "environment")
        worst = max(compare(backbone, python, folder) for backbone in NETWORKS)
    return 1 if worst > TOLERANCE else 0


def timm_environment(folder: Path) -> Path:
    """Returns the Python of an environment with torch, timm and the stand-in for torchvision; it is made if it does not
    exist.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        make_environment(folder, *PACKAGES)
        install(python, "--no-deps", "timm==1.0.31")
    return python


def compare(backbone: str, python: Path, folder: Path) -> float:
    """Runs one network on both sides; prints and returns the largest relative difference."""
    name = NETWORKS[backbone]
    subprocess.run([python, "-c", STAND_IN + TIMM_SIDE, name, folder, str(SIZE)], check=True)
    expected = np.load(folder / f"{name}.npz")
    network = build_network("fcn", backbone, num_classes=2, aux=False)
    initialize(network, [mx.cpu()])
    file, weights = pretrained_weights(backbone, str(folder / f"{name}.safetensors"))
    take_fitting(network, backbone, str(file), weights)
    worst = 0.0
    for stage, features in zip(("stage3", "stage4"), network.base_forward(mx.nd.array(expected["image"]))):
        largest = float(np.abs(expected[stage]).max())
        difference = float(np.abs(features.asnumpy() - expected[stage]).max()) / largest
        print(f"{backbone} {stage} {features.shape}: largest value {largest:.3g}, relative difference {difference:.2e}")
        worst = max(worst, difference)
    return worst


if __name__ == "__main__":
    sys.exit(main())
