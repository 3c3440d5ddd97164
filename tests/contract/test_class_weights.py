from __future__ import annotations

import pytest

from semseg.contract.class_weights import check_class_weights
from semseg.errors import ChannelError


def test_classes_are_balanced_only_where_training_masks_are_read_before_training() -> None:
    check_class_weights("balanced", {"train": "File", "train_annotation": "File", "validation": "Pipe"})
    check_class_weights((1.0, 2.5), {"train": "Pipe"})
    with pytest.raises(ChannelError, match="got balanced, and channel train_annotation is in Pipe mode: give it input"):
        check_class_weights("balanced", {"train": "File", "train_annotation": "Pipe"})
