from __future__ import annotations

import pytest

from semseg.api.algorithm_image import ACCOUNTS, algorithm_image, is_algorithm_image
from semseg.errors import UserError


@pytest.mark.parametrize(
    ("region", "image"),
    [
        ("us-west-2", "433757028032.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:1"),
        ("cn-north-1", "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/semantic-segmentation:1"),
        ("us-iso-east-1", "490574956308.dkr.ecr.us-iso-east-1.c2s.ic.gov/semantic-segmentation:1"),
        ("us-isob-east-1", "765400339828.dkr.ecr.us-isob-east-1.sc2s.sgov.gov/semantic-segmentation:1"),
        ("us-isof-south-1", "124985052026.dkr.ecr.us-isof-south-1.csp.hci.ic.gov/semantic-segmentation:1"),
    ],
)
def test_an_image_is_named_after_account_region_and_domain(region: str, image: str) -> None:
    assert algorithm_image(region) == image


def test_the_image_of_every_region_is_known_again() -> None:
    assert len(ACCOUNTS) == 37
    assert all(is_algorithm_image(algorithm_image(region)) for region in ACCOUNTS)
    assert is_algorithm_image("433757028032.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:latest")


@pytest.mark.parametrize(
    "image", ["123456789012.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:1", "semantic-segmentation:1", "x/y"]
)
def test_an_image_of_somebody_else_is_not_the_algorithm(image: str) -> None:
    assert not is_algorithm_image(image)


def test_a_region_without_the_algorithm_is_refused_with_a_way_out() -> None:
    with pytest.raises(UserError, match=r"got 'mars-1': give image_uri an image of your own$"):
        algorithm_image("mars-1")
