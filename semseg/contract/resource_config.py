"""The content of resourceconfig.json, by which a container knows the machines that its job runs on.

Source: the SageMaker developer guide, "How Amazon SageMaker Provides Training Information".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from semseg.contract.metric_lines import CONTAINER_HOST
from semseg.errors import PlatformError

LOCAL, LOCAL_GPU = LOCAL_TYPES = ("local", "local_gpu")  # instance types of this machine: its processor, its GPUs
INSTANCE_TYPE, HOSTS, CURRENT_HOST = "current_instance_type", "hosts", "current_host"
INTERFACE = "network_interface_name"
PROCESSES = "processes_per_host"  # ours: how many processes rehearse a job of as many machines on this one


@dataclass(frozen=True)
class Resources:
    """The machines of a job.

    Attributes:
        instance_type: "local" and "local_gpu" included; empty where the platform does not say.
        hosts: the names of all machines, in one order on all of them.
        current_host: the name of this machine.
        interface: the network interface by which they reach each other; empty where the platform does not say.
        processes_per_host: how many processes train on each; None leaves it to the engine: one for each device.
    """

    instance_type: str = ""
    hosts: tuple[str, ...] = (CONTAINER_HOST,)
    current_host: str = CONTAINER_HOST
    interface: str = ""
    processes_per_host: int | None = None

    @classmethod
    def read(cls, configuration: Mapping[str, Any]) -> Resources:
        """Returns what a resourceconfig.json says.

        Raises:
            PlatformError: this machine is not among the hosts, one of them is there twice, or a value is of another
                type than it should be.
        """
        hosts = configuration.get(HOSTS, [CONTAINER_HOST])
        current = configuration.get(CURRENT_HOST, CONTAINER_HOST)
        if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts) or current not in hosts:
            raise PlatformError(
                f"{HOSTS} in resourceconfig.json must be a list of names with {CURRENT_HOST} in it, got {hosts!r} and "
                f"{current!r}"
            )
        if len(set(hosts)) < len(hosts):
            raise PlatformError(f"{HOSTS} in resourceconfig.json must name each machine once, got {hosts!r}")
        processes = configuration.get(PROCESSES)
        if processes is not None and (type(processes) is not int or processes < 1):
            raise PlatformError(
                f"{PROCESSES} in resourceconfig.json must be a whole number of at least 1, got {processes!r}"
            )
        return cls(instance_type_in(configuration), tuple(hosts), current, _text(configuration, INTERFACE), processes)

    @property
    def fewest_processes(self) -> int:
        """The number of processes that the job has however many devices there are."""
        return len(self.hosts) * (self.processes_per_host or 1)


def resource_configuration(instance_type: str, processes: int = 1) -> dict[str, Any]:
    """Returns the content of resourceconfig.json for one machine of this type.

    Args:
        processes: how many of them train a job together, where that is not the engine's to say; 1 leaves it to it.
    """
    return {
        CURRENT_HOST: CONTAINER_HOST,
        HOSTS: [CONTAINER_HOST],
        INTERFACE: "lo",
        INSTANCE_TYPE: instance_type,
        **({PROCESSES: processes} if processes > 1 else {}),
    }


def instance_type_in(configuration: Mapping[str, Any]) -> str:
    """Returns the type of the machine, "local" and "local_gpu" included; empty where the platform does not say."""
    return _text(configuration, INSTANCE_TYPE)


def _text(configuration: Mapping[str, Any], name: str) -> str:
    """Returns a value that is a text; empty where there is none, or null."""
    value = configuration.get(name)
    if value is not None and not isinstance(value, str):
        raise PlatformError(f"{name} in resourceconfig.json must be a text, got {value!r}")
    return value or ""
