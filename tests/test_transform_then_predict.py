"""The whole of a batch transform job and of many pictures at a time: a real model, and its endpoint's answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.contract import png_mask
from tests.endtoend import home_at, small_estimator, write_channels

pytestmark = pytest.mark.engine


@pytest.mark.slow
def test_a_transform_job_and_many_predictions_answer_as_one_prediction_does(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with home_at(tmp_path_factory.mktemp("transform")) as place:
        channels = write_channels(place / "data")
        estimator = small_estimator({"epochs": 1})
        estimator.fit(channels, logs=False)
        predictor = estimator.deploy(1, "local", endpoint_name="squares", env={"SEMSEG_TOKEN": "open-sesame"})
        pictures = sorted(Path(channels["validation"]).iterdir())

        transformer = estimator.transformer(1, "local", accept="image/png", output_path=place / "masks")
        transformer.transform(channels["validation"], content_type="image/jpeg", logs=False)
        (place / "broken.jpg").write_bytes(b"no picture")
        left_out: list[Path] = []
        many = dict(
            predictor.predict_many(
                [place / "broken.jpg", *pictures], on_error=lambda path, error: left_out.append(path)
            )
        )
        assert len(pictures) == 3
        assert list(many) == pictures
        assert left_out == [place / "broken.jpg"]
        for picture in pictures:
            answer = (place / "masks" / f"{picture.name}.out").read_bytes()
            mask = predictor.predict(str(picture))
            assert np.array_equal(png_mask.decode(answer), mask)
            assert np.array_equal(many[picture], mask)
        predictor.delete_endpoint()
