from __future__ import annotations

import pytest

from semseg.engines.parameter_shapes import check_parameters_fit
from semseg.errors import ModelError

PLAIN = {"conv1.0.weight": (4, 3, 3, 3), "head.block.4.bias": (5,)}
WITH_AUXILIARY_HEAD = {**PLAIN, "auxlayer.block.4.bias": (5,)}


def test_equal_shapes_and_an_auxiliary_head_too_many_are_taken() -> None:
    check_parameters_fit("a.params", PLAIN, PLAIN)
    check_parameters_fit("a.params", WITH_AUXILIARY_HEAD, PLAIN)


def test_a_missing_auxiliary_head_is_told_with_the_way_out() -> None:
    with pytest.raises(ModelError) as refusal:
        check_parameters_fit("a.params", PLAIN, WITH_AUXILIARY_HEAD)
    assert str(refusal.value) == (
        "a.params has no auxiliary head, and this job trains one: set _aux_loss to False, as the job had it that made "
        "this model"
    )


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"conv1.0.weight": (4, 3, 3, 3)}, "has no parameter head.block.4.bias"),
        ({**PLAIN, "head.block.4.bias": (6,)}, r"holds head.block.4.bias as \(6,\) where .* describes \(5,\)"),
        ({**PLAIN, "fc.bias": (5,)}, "has a parameter fc.bias"),
    ],
)
def test_the_first_parameter_that_does_not_fit_is_named(found: dict[str, tuple[int, ...]], sentence: str) -> None:
    with pytest.raises(ModelError, match=f"^a.params {sentence}"):
        check_parameters_fit("a.params", found, PLAIN)
