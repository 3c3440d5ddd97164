"""GluonCV's own training as it comes, with nothing of semseg: what its scripts/segmentation/train.py does a step.

python -m benchmarks.contenders.gluoncv_training WORK
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import benchmarks.contenders.gluoncv_alone  # noqa: F401
from benchmarks.contenders.training_turns import Work, take, work_of
from benchmarks.contenders.turns import Turns

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class GluonCVLoop:
    """GluonCV's class, loss, data loader and schedule, with Gluon's trainer."""

    def __init__(self, work: Work) -> None:
        import mxnet as mx
        from gluoncv.loss import MixSoftmaxCrossEntropyLoss
        from gluoncv.model_zoo import FCN, DeepLabV3
        from gluoncv.utils import LRScheduler
        from gluoncv.utils.parallel import DataParallelCriterion, DataParallelModel

        self.work = work
        self.samples = dataset(work)
        network = {"fcn": FCN, "deeplab": DeepLabV3}[work.algorithm](
            work.num_classes, aux=True, pretrained_base=False, base_size=work.base_size, crop_size=work.crop_size
        )
        network.initialize(mx.init.Xavier())
        self.network = DataParallelModel(network, [mx.cpu()])
        self.criterion = DataParallelCriterion(MixSoftmaxCrossEntropyLoss(True, aux_weight=0.5), [mx.cpu()])
        schedule = LRScheduler(mode="poly", base_lr=0.001, niters=1_000_000)
        rule = {"lr_scheduler": schedule, "wd": 0.0001, "momentum": 0.9}
        self.optimizer = mx.gluon.Trainer(network.collect_params(), "sgd", rule, kvstore=mx.kv.create("local"))

    def batches(self) -> Generator[Any, None, None]:
        from mxnet import gluon

        work = self.work
        yield from gluon.data.DataLoader(
            self.samples, work.batch_size, shuffle=True, last_batch="rollover", num_workers=work.workers
        )

    def step(self, batch: Any) -> None:
        import mxnet as mx

        images, masks = batch
        with mx.autograd.record(True):
            losses = self.criterion(self.network(images.astype("float32", copy=False)), masks)
            mx.nd.waitall()
            mx.autograd.backward(losses)
        self.optimizer.step(self.work.batch_size)
        for loss in losses:
            loss.asnumpy()
        mx.nd.waitall()

    def wait(self) -> None:
        """Does nothing: each step waits."""


def dataset(work: Work) -> Any:
    """Returns the samples, read and changed at random as GluonCV's own folder datasets do."""
    from gluoncv.data.segbase import SegmentationDataset
    from mxnet.gluon.data.vision import transforms

    normalized = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])

    class Folder(SegmentationDataset):
        def __init__(self, files: list[tuple[Path, Path]]) -> None:
            super().__init__(work.samples, "train", "train", normalized, work.base_size, work.crop_size)
            self.files = files

        def __len__(self) -> int:
            return len(self.files)

        def __getitem__(self, index: int) -> Any:
            picture, mask = (Image.open(file) for file in self.files[index])
            image, classes = self._sync_transform(picture.convert("RGB"), mask)
            return self.transform(image), classes

        def _mask_transform(self, mask: Image.Image) -> Any:
            classes = np.array(mask, np.int32)
            classes[classes == 255] = -1  # GluonCV's sign of what is ignored
            return super()._mask_transform(classes)

    return Folder(work.files())


def main(work_text: str) -> None:
    turns = Turns()
    work = work_of(work_text)
    take(turns, GluonCVLoop(work), work.batch_size)


if __name__ == "__main__":
    main(*sys.argv[1:])
