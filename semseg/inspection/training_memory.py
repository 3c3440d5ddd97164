"""How much memory training needs for a sample, and how much of what is free it may have: the one rule by which batches
and crops are suggested, planned and split. Where a step is measured, the measurement stands in place of the estimate.

Measured with 12 classes in float32, PyTorch 2.13 and MXNet 1.9.1 on the processor, as the difference of the highest
resident memory of batches of 2, 4 and 6 samples. For each pixel of a crop: 5.4 to 6.9 kB with ResNet-50 (crops of 160
and of 240 pixels, all decoders), 9.1 kB with ResNet-101. What a process needs whatever its batch is comes to it: 0.7 to
1.2 GB.
"""

from __future__ import annotations

_FIXED = 1_200_000_000  # bytes
_PER_PIXEL = {"resnet-50": 7_000, "resnet-101": 9_500}  # bytes of a sample, for a pixel of its crop
SAFE_SHARE = 0.8  # of what is free: readers, validation and other programs need some, and memory is never without gaps


def room_for(crop: int, backbone: str, free_bytes: int) -> int:
    """Returns how many samples of one batch a device has room for; 0 or less where it has none.

    Args:
        crop: pixels per side.
        backbone: "resnet-50" or "resnet-101".
        free_bytes: of its memory.
    """
    per_sample = _PER_PIXEL.get(backbone, max(_PER_PIXEL.values())) * crop * crop
    return int((SAFE_SHARE * free_bytes - _FIXED) // per_sample)
