"""torchvision's reference recipe of segmentation, with its automatic mixed precision: its network, its changes of the
pictures, its loss and its loop, and nothing of semseg.

    python -m benchmarks.contenders.torchvision_recipe WORK

It follows what references/segmentation of torchvision does, option --amp; the options that it leaves at their defaults
are left so here too, but for the auxiliary loss, which the recipe of its published weights has.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Generator
from pathlib import Path

import torch
from PIL import Image
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset
from torchvision.models import segmentation
from torchvision.transforms import InterpolationMode, RandomCrop
from torchvision.transforms import functional as change

from benchmarks.contenders.training_turns import Work, take, work_of
from benchmarks.contenders.turns import Turns

NETWORKS = {"fcn": segmentation.fcn_resnet50, "deeplab": segmentation.deeplabv3_resnet50}
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
RATE, AUX_WEIGHT, IGNORE, STEPS = 0.01, 0.5, 255, 1_000_000
Tensors = tuple[torch.Tensor, torch.Tensor]


class Pictures(Dataset[Tensors]):
    """Scales the short side to 0.5 to 2.0 times the base, mirrors, crops and normalises, as its preset does."""

    def __init__(self, files: list[tuple[Path, Path]], base_size: int, crop_size: int) -> None:
        self.files = files
        self.base_size, self.crop_size = base_size, crop_size

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Tensors:
        picture_file, mask_file = self.files[index]
        side = random.randint(int(0.5 * self.base_size), int(2.0 * self.base_size))
        picture = change.resize(Image.open(picture_file).convert("RGB"), [side], antialias=True)
        mask = change.resize(Image.open(mask_file), [side], interpolation=InterpolationMode.NEAREST)
        if random.random() < 0.5:
            picture, mask = change.hflip(picture), change.hflip(mask)
        picture, mask = self.padded(picture, 0), self.padded(mask, IGNORE)
        window = RandomCrop.get_params(picture, (self.crop_size, self.crop_size))
        image = change.convert_image_dtype(change.pil_to_tensor(change.crop(picture, *window)), torch.float)
        classes = change.pil_to_tensor(change.crop(mask, *window))[0].long()
        return change.normalize(image, MEAN, STD), classes

    def padded(self, picture: Image.Image, fill: int) -> Image.Image:
        right, below = (max(0, self.crop_size - side) for side in picture.size)
        return change.pad(picture, [0, 0, right, below], fill=fill)


class TorchvisionLoop:
    """The training of one epoch, on one GPU."""

    def __init__(self, work: Work) -> None:
        torch.backends.cudnn.benchmark = True
        self.device = torch.device(work.device)
        pictures = Pictures(work.files(), work.base_size, work.crop_size)
        self.loader = DataLoader(pictures, work.batch_size, shuffle=True, num_workers=work.workers, drop_last=True)
        self.network = NETWORKS[work.algorithm](
            weights=None, weights_backbone=None, num_classes=work.num_classes, aux_loss=True
        ).to(self.device)
        parts = (self.network.backbone, self.network.classifier, self.network.aux_classifier)
        groups = [{"params": part.parameters(), "lr": rate} for part, rate in zip(parts, (RATE, RATE, 10 * RATE))]
        self.optimizer = torch.optim.SGD(groups, momentum=0.9, weight_decay=1e-4)
        self.schedule = torch.optim.lr_scheduler.PolynomialLR(self.optimizer, total_iters=STEPS, power=0.9)
        self.scaler = torch.amp.GradScaler(work.device)
        self.network.train()

    def batches(self) -> Generator[Tensors, None, None]:
        yield from self.loader

    def step(self, batch: Tensors) -> None:
        images, masks = (tensor.to(self.device) for tensor in batch)
        with torch.autocast(self.device.type):
            scores = self.network(images)
            loss = cross_entropy(scores["out"], masks, ignore_index=IGNORE)
            loss = loss + AUX_WEIGHT * cross_entropy(scores["aux"], masks, ignore_index=IGNORE)
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()
        loss.item()  # its log shows each step's loss

    def wait(self) -> None:
        """Does nothing: each step waits."""


def main(work_text: str) -> None:
    turns = Turns()
    work = work_of(work_text)
    take(turns, TorchvisionLoop(work), work.batch_size)


if __name__ == "__main__":
    main(*sys.argv[1:])
