from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.dataset import Dataset
from semseg.data.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.errors import ImageError


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    Image.new("RGB", (3, 2), (1, 2, 3)).save(tmp_path / "a.png")
    Image.fromarray(np.array([[0, 5, 255], [5, 5, 0]], dtype=np.uint8)).save(tmp_path / "m.png")
    return Sample(tmp_path / "a.png", tmp_path / "m.png", "a")


def test_a_sample_is_read_with_the_label_map_applied(sample: Sample) -> None:
    dataset = Dataset([sample], LabelMap.from_json('{"map": {"0": 0, "1": 5}}'))
    image, mask = dataset.read(0)
    assert len(dataset) == 1
    assert image.shape == (2, 3, 3)
    assert image[0, 0].tolist() == [1, 2, 3]
    assert mask.tolist() == [[0, 1, 255], [1, 1, 0]]


def test_a_file_that_went_away_is_named(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "m.png").unlink()
    with pytest.raises(ImageError, match=r"m\.png cannot be read"):
        Dataset([sample], LabelMap.identity()).read(0)
