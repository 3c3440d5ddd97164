"""Warns of training with one sample a device where the decoder pools the whole picture before batch norm."""

from __future__ import annotations

from semseg.contract.channels import TRAIN
from semseg.contract.findings import WARNED, Finding
from semseg.contract.hyperparameters import MEASURED, Hyperparameters

POOLING = ("psp", "deeplab")  # algorithms whose decoders normalise one value of each channel of a picture by the batch


def lonely_samples(hyperparameters: Hyperparameters, devices: int) -> Finding | None:
    """Returns the warning of batches in which a device has one sample; None where every device has more.

    Every batch of training is full: samples that an epoch leaves over begin the next one's first batch.

    Args:
        devices: that share each batch.
    """
    size, algorithm = hyperparameters.mini_batch_size, hyperparameters.algorithm
    together = 1 if hyperparameters.syncbn else devices
    if algorithm not in POOLING or size == MEASURED or size // together // hyperparameters.accumulate > 1:
        return None
    on = f" on {devices} devices" if devices > 1 else ""
    synced = ", or set syncbn to true" if size > 1 else ""
    sentence = (
        f"mini_batch_size {size}{on} gives a device one sample, but {algorithm} pools a whole picture to one value and "
        "normalises it over the batch, and with one sample that teaches nothing: give each device at least 2 samples, "
        f"mini_batch_size {2 * devices} or more{synced}"
    )
    return Finding(WARNED, "batch-of-one", TRAIN, sentence)
