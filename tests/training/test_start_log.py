"""What a job's log says of the parameters that its network begins with."""

from __future__ import annotations

import io
import re

from semseg.engines.start import Start, start_from
from semseg.training.job_log import JobLog
from semseg.training.start_log import tell_of_start
from tests.engines.test_start import of_another_stem, shapes


def told(start: Start) -> list[str]:
    """The level and the text of each line."""
    stream = io.StringIO()
    tell_of_start(start, "the model in channel model", JobLog(stream))
    return [re.sub(r"^\[\S+ \S+ (\w+) \d+\]", r"\1", line) for line in stream.getvalue().splitlines()]


FIRST = "INFO Starting from the model in channel model: best.params"


def test_an_equal_network_needs_no_more_than_the_name_of_the_file() -> None:
    assert told(start_from("best.params", "resnet-50", shapes(), shapes())) == [FIRST]


def test_layers_that_are_drawn_anew_are_named() -> None:
    assert told(start_from("best.params", "resnet-50", shapes("psp", 3), shapes("psp", 5))) == [
        FIRST,
        "INFO 305 parameters of that file fit and are taken: conv1, bn1, layer1, layer2, layer3, layer4, head in part "
        "and auxlayer in part; 4 are drawn anew: head.block.4 and auxlayer.block.4.",
    ]


def test_a_decoder_that_is_drawn_anew_has_its_name_alone() -> None:
    assert told(start_from("best.params", "resnet-50", shapes("fcn"), shapes("deeplab", aux=False))) == [
        FIRST,
        "INFO 275 parameters of that file fit and are taken: conv1, bn1, layer1, layer2, layer3 and layer4; 37 are "
        "drawn anew: head, and 7 of the file are left out.",
    ]


def test_an_encoder_that_is_drawn_anew_in_part_is_a_warning() -> None:
    first, second = told(start_from("best.params", "resnet-50", of_another_stem(), shapes(aux=False)))
    assert first == FIRST
    assert second == (
        "WARNING 250 parameters of that file fit and are taken: layer1 in part, layer2, layer3 and layer4; 32 are "
        "drawn anew: conv1, bn1, layer1.0.conv1, layer1.0.bn1, layer1.0.downsample.0, layer1.0.downsample.1 and head, "
        "and 1 of the file are left out."
    )
