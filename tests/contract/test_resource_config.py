from __future__ import annotations

from semseg.contract.resource_config import instance_type_in, resource_configuration


def test_what_the_laptop_writes_is_what_the_container_reads() -> None:
    assert instance_type_in(resource_configuration("local_gpu")) == "local_gpu"


def test_a_platform_that_names_no_type_leaves_it_empty() -> None:
    assert instance_type_in({"current_host": "algo-1", "hosts": ["algo-1"]}) == ""
