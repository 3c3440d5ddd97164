"""Trains the published recipe on Pascal VOC 2012: FCN on ResNet-50 with ImageNet's weights, crops of 240, 20 epochs.

Run it as ``python examples/voc12.py DATA [--instance-type local_gpu]``. DATA is the folder ``VOCdevkit`` or
``VOC2012`` that the challenge's archive unpacks to: 1,464 pictures for training and 1,449 for validation are listed in
``ImageSets/Segmentation``. Masks are read as they are: the index of a colour is the class, and 255, the border of an
object, is ignored. The mIOU to expect is about 0.62. The job's folders and its model go to ``--output``, by default
``voc12_output``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import semseg
import semseg.data

PARTS = ("JPEGImages", "SegmentationClass")
PLACES = (".", "VOC2012", "VOCdevkit/VOC2012")  # of these, in the folder that is given
CHANNELS = ("train", "train_annotation", "validation", "validation_annotation", "label_map")


def main() -> None:
    options = parsed()
    channels = channels_of(voc_folder(options.data), options.output / "data")
    estimator = semseg.Estimator(
        instance_count=1, instance_type=options.instance_type, output_path=str(options.output / "models")
    )
    estimator.set_hyperparameters(
        algorithm="fcn",
        backbone="resnet-50",
        use_pretrained_model=not options.from_scratch,
        pretrained_weights=options.pretrained_weights,
        num_classes=21,
        base_size=options.base_size,
        crop_size=options.crop_size,
        epochs=options.epochs,
        optimizer="rmsprop",
        learning_rate=0.0001,
        lr_scheduler="poly",
        mini_batch_size=options.mini_batch_size,
        validation_mini_batch_size=options.mini_batch_size,
    )
    estimator.fit(channels)
    print(f"mIOU of whole pictures: {estimator.evaluation().mean_iou:.4f}; the published one is about 0.62.")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains the published recipe on Pascal VOC 2012.")
    parser.add_argument("data", type=Path, help="the folder VOCdevkit or VOC2012")
    parser.add_argument("--output", type=Path, default=Path("voc12_output"))
    parser.add_argument("--instance-type", default="local", help="local_gpu trains on the GPUs of this machine")
    parser.add_argument("--pretrained-weights", default="", help="a file of weights; without it they are downloaded")
    parser.add_argument("--from-scratch", action="store_true", help="begin without any weights")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--base-size", type=int, default=520)
    parser.add_argument("--crop-size", type=int, default=240)
    parser.add_argument("--mini-batch-size", type=int, default=16)
    return parser.parse_args()


def voc_folder(data: Path) -> Path:
    """Returns the folder with the challenge's own folders in it."""
    for place in PLACES:
        if all((data / place / part).is_dir() for part in PARTS):
            return data / place
    raise SystemExit(f"{data} must hold the folders {' and '.join(PARTS)}, or be VOCdevkit with VOC2012 in it")


def channels_of(voc: Path, folder: Path) -> dict[str, str]:
    """Returns the folders of a job, which are written once; pictures are links to VOC's where that is possible."""
    if not folder.exists():
        print(semseg.data.from_voc(voc, folder, link=True))
    return {channel: str(folder / channel) for channel in CHANNELS}


if __name__ == "__main__":
    main()
