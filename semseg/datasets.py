"""The public calls of ``semseg.data``: a data set is converted, split, checked and shown before a job trains on it."""

from semseg.conversion.coco import from_coco
from semseg.conversion.converted import Converted
from semseg.conversion.cvat import from_cvat
from semseg.conversion.ground_truth import from_ground_truth
from semseg.conversion.labelme import from_labelme
from semseg.conversion.pairs import from_pairs, split
from semseg.conversion.voc import from_voc

__all__ = [
    "Converted",
    "from_coco",
    "from_cvat",
    "from_ground_truth",
    "from_labelme",
    "from_pairs",
    "from_voc",
    "split",
]
