"""A bare PyTorch loop on semseg's network: a DataLoader, cross_entropy, SGD, and nothing else.

    python -m benchmarks.contenders.pytorch_loop WORK float32

The last argument is float32, or the type of autocast.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from benchmarks.contenders.training_turns import Work, take, work_of
from benchmarks.contenders.turns import Turns
from semseg.data.augmentation import TrainingTransform
from semseg.engines.normalization import normalize
from semseg.engines.pytorch.initial_values import initial_values
from semseg.engines.pytorch.network import SegmentationNetwork, build_network
from semseg.engines.pytorch.parameters import fill

AUX_WEIGHT, IGNORE = 0.5, 255
HEADS = ("head.", "auxlayer.")
Tensors = tuple[torch.Tensor, torch.Tensor]  # (N, 3, H, W) float32, and (N, H, W) int64


class Crops(TorchDataset[Tensors]):
    """Reads a sample and changes it at random as semseg does."""

    def __init__(self, files: list[tuple[Path, Path]], transform: TrainingTransform) -> None:
        self.files = files
        self.transform = transform

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Tensors:
        picture, mask = (Image.open(file) for file in self.files[index])
        crop, classes = self.transform(np.asarray(picture.convert("RGB")), np.asarray(mask), np.random.default_rng())
        pixels = normalize(crop[np.newaxis])[0]
        return torch.from_numpy(pixels), torch.from_numpy(classes.astype(np.int64))


class PyTorchLoop:
    """A loop as PyTorch's tutorials have it."""

    def __init__(self, work: Work, precision: str) -> None:
        self.device = torch.device(work.device)
        self.autocast = torch.autocast(work.device, getattr(torch, precision), enabled=precision != "float32")
        self.loader = DataLoader(
            Crops(work.files(), TrainingTransform(work.base_size, work.crop_size)),
            work.batch_size,
            shuffle=True,
            num_workers=work.workers,
            pin_memory=work.device == "cuda",
            drop_last=True,
        )
        torch.backends.cudnn.benchmark = True
        network = build_network(work.algorithm, "resnet-50", work.num_classes, aux=True)
        self.network = network.to_empty(device=self.device).train()
        fill(self.network, initial_values(self.network, 0))
        self.optimizer = torch.optim.SGD(groups(self.network, 0.001), momentum=0.9, weight_decay=0.0001)

    def batches(self) -> Generator[Tensors, None, None]:
        yield from self.loader

    def step(self, batch: Tensors) -> None:
        images, masks = (tensor.to(self.device, non_blocking=True) for tensor in batch)
        self.optimizer.zero_grad()
        with self.autocast:
            scores, auxiliary = self.network(images)
            loss = cross_entropy(scores, masks, ignore_index=IGNORE)
            loss = loss + AUX_WEIGHT * cross_entropy(auxiliary, masks, ignore_index=IGNORE)
        loss.backward()
        self.optimizer.step()

    def wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def groups(network: SegmentationNetwork, rate: float) -> list[dict[str, object]]:
    """Returns the parameters with their rates, ten times as high in the heads."""
    named = list(network.named_parameters())
    return [
        {"params": [parameter for name, parameter in named if not name.startswith(HEADS)], "lr": rate},
        {"params": [parameter for name, parameter in named if name.startswith(HEADS)], "lr": 10 * rate},
    ]


def main(work_text: str, precision: str) -> None:
    turns = Turns()
    work = work_of(work_text)
    take(turns, PyTorchLoop(work, precision), work.batch_size)


if __name__ == "__main__":
    main(*sys.argv[1:])
