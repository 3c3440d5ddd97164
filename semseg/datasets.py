"""The public calls of ``semseg.data``: a data set is converted, split, checked and shown before a job trains on it."""

from semseg.conversion.coco import from_coco
from semseg.conversion.converted import Converted
from semseg.conversion.cvat import from_cvat
from semseg.conversion.ground_truth import from_ground_truth
from semseg.conversion.labelme import from_labelme
from semseg.conversion.pairs import from_pairs, split
from semseg.conversion.voc import from_voc
from semseg.data.listed_label_map import label_map_from, write_label_maps
from semseg.data.mask_conversion import convert_masks
from semseg.inspection.check import check
from semseg.inspection.inspected import Inspected
from semseg.inspection.show import show

__all__ = [
    "Converted",
    "Inspected",
    "check",
    "convert_masks",
    "from_coco",
    "from_cvat",
    "from_ground_truth",
    "from_labelme",
    "from_pairs",
    "from_voc",
    "label_map_from",
    "show",
    "split",
    "write_label_maps",
]
