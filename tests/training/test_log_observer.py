from __future__ import annotations

import numpy as np

from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.training.log_observer import score_lines


def test_the_log_has_a_line_for_each_class_and_one_for_all() -> None:
    matrix = ConfusionMatrix(3)
    matrix.add(np.array([0, 0, 0, 0, 0, 1, 1, 255], np.uint8), np.array([0, 0, 0, 0, 1, 1, 1, 2], np.uint8))
    assert score_lines(matrix, {0: "sky", 2: "pole"}) == [
        "class     IoU  labelled pixels",
        "    0  0.8000                5  sky",
        "    1  0.6667                2",
        "    2       -                0  pole",
        " mIOU  0.7333                7",
    ]
