from semseg.datasets import Converted as Converted
from semseg.datasets import from_coco as from_coco
from semseg.datasets import from_cvat as from_cvat
from semseg.datasets import from_ground_truth as from_ground_truth
from semseg.datasets import from_labelme as from_labelme
from semseg.datasets import from_pairs as from_pairs
from semseg.datasets import from_voc as from_voc
from semseg.datasets import split as split
