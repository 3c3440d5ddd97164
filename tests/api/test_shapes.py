from __future__ import annotations

from types import MappingProxyType

import pytest

from semseg.api.shapes import Settings, Tags, request_part, tag_list
from semseg.errors import UserError
from semseg.serverless import ServerlessInferenceConfig


@pytest.mark.parametrize(
    "tags", [[{"Key": "team", "Value": "roads"}], {"Key": "team", "Value": "roads"}, {"team": "roads"}]
)
def test_each_form_becomes_the_apis(tags: Tags) -> None:
    assert tag_list(tags) == [{"Key": "team", "Value": "roads"}]


@pytest.mark.parametrize("tags", [None, [], {}])
def test_no_tags_are_none(tags: Tags) -> None:
    assert tag_list(tags) is None


def test_another_form_is_refused() -> None:
    with pytest.raises(UserError, match=r"^tags must be a list of .* or a dictionary, got 'team' in it$"):
        tag_list(["team"])  # type: ignore[list-item]


SERVERLESS = {"MemorySizeInMB": 1024, "MaxConcurrency": 2}


@pytest.mark.parametrize("given", [SERVERLESS, MappingProxyType(SERVERLESS), ServerlessInferenceConfig(1024, 2)])
def test_a_part_of_a_request_is_a_mapping_or_an_object_of_the_sdk(given: Settings) -> None:
    assert request_part("serverless_inference_config", given) == SERVERLESS


def test_a_part_that_is_not_given_is_none() -> None:
    assert request_part("serverless_inference_config", None) is None


def test_a_part_of_another_type_is_refused_by_its_name() -> None:
    sentence = r"^data_capture_config must be a dictionary named as in the SageMaker API, got bool$"
    with pytest.raises(UserError, match=sentence):
        request_part("data_capture_config", True)  # type: ignore[arg-type]
