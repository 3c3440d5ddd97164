from __future__ import annotations

from typing import Any

import pytest

from semseg.contract.resource_config import Resources, instance_type_in, resource_configuration
from semseg.errors import PlatformError


def test_what_the_laptop_writes_is_what_the_container_reads() -> None:
    assert instance_type_in(resource_configuration("local_gpu")) == "local_gpu"
    assert Resources.read(resource_configuration("local")) == Resources("local", ("algo-1",), "algo-1", "lo", None)
    assert Resources.read(resource_configuration("local", 3)).processes_per_host == 3


def test_a_platform_that_names_no_type_leaves_it_empty() -> None:
    assert instance_type_in({"current_host": "algo-1", "hosts": ["algo-1"]}) == ""
    assert Resources.read({}) == Resources()


def test_the_machines_of_sagemaker_are_read() -> None:
    resources = Resources.read(
        {
            "current_host": "algo-2",
            "hosts": ["algo-1", "algo-10", "algo-2"],
            "network_interface_name": "eth0",
            "current_instance_type": "ml.g5.12xlarge",
            "current_group_name": "homogeneousCluster",
        }
    )
    assert resources == Resources("ml.g5.12xlarge", ("algo-1", "algo-10", "algo-2"), "algo-2", "eth0")


@pytest.mark.parametrize(("hosts", "processes", "fewest"), [(1, None, 1), (3, None, 3), (1, 2, 2), (3, 2, 6)])
def test_a_job_has_a_process_on_each_machine_at_least(hosts: int, processes: int | None, fewest: int) -> None:
    names = tuple(f"algo-{number}" for number in range(hosts))
    assert Resources(hosts=names, processes_per_host=processes).fewest_processes == fewest


@pytest.mark.parametrize(
    "wrong", [{"hosts": "algo-1"}, {"current_host": "algo-2"}, {"hosts": []}, {"hosts": ["algo-1", None]}]
)
def test_a_machine_that_is_not_among_the_hosts_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(
        PlatformError, match=r"^hosts in resourceconfig\.json must be a list of names with current_host"
    ):
        Resources.read(wrong)


def test_a_machine_that_is_named_twice_is_refused() -> None:
    with pytest.raises(PlatformError) as caught:
        Resources.read({"hosts": ["algo-1", "algo-1"]})
    assert str(caught.value) == "hosts in resourceconfig.json must name each machine once, got ['algo-1', 'algo-1']"


def test_null_says_no_more_than_nothing() -> None:
    nulls = {"network_interface_name": None, "current_instance_type": None, "processes_per_host": None}
    assert Resources.read(nulls) == Resources()
    assert instance_type_in(nulls) == ""


@pytest.mark.parametrize("name", ["network_interface_name", "current_instance_type"])
def test_what_is_no_text_is_refused(name: str) -> None:
    with pytest.raises(PlatformError, match=rf"^{name} in resourceconfig\.json must be a text, got 3$"):
        Resources.read({name: 3})


@pytest.mark.parametrize("processes", [0, True, 2.0, "2"])
def test_a_number_of_processes_that_is_none_is_refused(processes: Any) -> None:
    with pytest.raises(PlatformError, match=r"^processes_per_host in resourceconfig\.json must be a whole number"):
        Resources.read({"processes_per_host": processes})
