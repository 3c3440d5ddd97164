"""How much memory training needs for a sample.

Measured with ResNet-50, 12 classes, float32, PyTorch 2.13 and MXNet 1.9.1 on the processor: the difference of the
highest resident memory with 6 and with 2 crops of 160 x 160 pixels. It grows with the crop's area. ResNet-101 needs a
half more. The first part is what a process needs whatever its batch is.
"""

from __future__ import annotations

_FIXED = 1_500_000_000  # bytes
_PER_PIXEL = {"fcn": 9_000, "psp": 10_000, "deeplab": 10_000}  # bytes of a sample, for a pixel of its crop
_USED = 0.7  # of free memory: readers, validation and other programs need some


def room_for(crop: int, algorithm: str, free_bytes: int) -> int:
    """Returns how many samples of one batch a device has room for; 0 or less where it has none.

    Args:
        crop: pixels per side.
        algorithm: "fcn", "psp" or "deeplab".
        free_bytes: of its memory.
    """
    per_sample = _PER_PIXEL.get(algorithm, max(_PER_PIXEL.values())) * crop * crop
    return int((_USED * free_bytes - _FIXED) // per_sample)
