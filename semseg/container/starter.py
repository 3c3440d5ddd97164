"""Starts the processes that train a job together on this machine, watches over them, and ends them together.

torchrun does nearly the same. But it gives processes that were asked to stop 30 seconds only, and cannot tell why one
of them ended.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from semseg.container.configuration import read_configuration, resources
from semseg.container.engines import choose_training_engine, devices_for
from semseg.container.job import given_hyperparameters
from semseg.container.place import FAILED, GROUP_ENDED, LEASHED, Place
from semseg.container.splits import Channels
from semseg.contract.environment import OMP_NUM_THREADS
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.contract.processes import check_batch, check_processor
from semseg.contract.resource_config import LOCAL, Resources
from semseg.contract.torchrun import ADDRESS, LOCAL_RANK, LOCAL_SIZE, PORT, RANK, SIZE, THIS_MACHINE
from semseg.errors import PlatformError, SemsegError
from semseg.machine.facts import usable_cores
from semseg.machine.python_command import python_command
from semseg.plumbing.held_signals import held_back

COMMAND = python_command("semseg.container.train", LEASHED)
POLL_SECONDS = 0.1
GRACE_SECONDS = 10.0  # for the others, once one process has failed
RESOLVE_SECONDS = 15 * 60.0  # until all machines of a job have names, as SageMaker's own toolkit waits
SAGEMAKERS_PORT = 7777  # of SageMaker's own toolkit
LOOPBACK = {"linux": "lo", "darwin": "lo0"}  # the interface by which processes of one machine reach each other


@dataclass(frozen=True)
class Plan:
    """The processes of a job: ``processes`` on each machine of its resources."""

    resources: Resources
    processes: int

    @property
    def size(self) -> int:
        """How many processes the whole job has."""
        return self.processes * len(self.resources.hosts)

    def places(self) -> list[Place]:
        """Returns the places of this machine's processes."""
        first = self.resources.hosts.index(self.resources.current_host) * self.processes
        return [Place(first + number, self.size, self.processes, True) for number in range(self.processes)]


def planned(directory: JobDirectory) -> Plan:
    """Returns how many processes train a job: one on the processor, one for each GPU that PyTorch trains on.

    Of a job that cannot be trained it is one, which will say why.

    Raises:
        UserError: there would be more than may train it together; none is started.
    """
    try:
        machines = resources(directory)
        if machines.fewest_processes == 1 and machines.instance_type == LOCAL:
            return Plan(machines, 1)
        given = given_hyperparameters(read_configuration(directory.hyperparameters))
        hyperparameters = Hyperparameters.from_strings(given)
        kind, fewest = machines.instance_type, machines.fewest_processes
        engine = choose_training_engine(hyperparameters, kind, fewest).engine
        plan = Plan(machines, processes_here(machines, devices_for(engine, kind), bool(Channels(directory).streams)))
    except SemsegError:
        return Plan(Resources(), 1)
    if machines.instance_type == LOCAL:
        check_processor(plan.processes, usable_cores())
    check_batch(plan.size, hyperparameters.mini_batch_size)
    return plan


def processes_here(machines: Resources, devices: int, is_streamed: bool) -> int:
    """Returns how many processes train on each machine of a job: as many as the job says, else one for each device.

    On a single machine a job with a stream takes one of its devices, because a stream has one reader.
    """
    if machines.processes_per_host is not None:
        return machines.processes_per_host
    return 1 if is_streamed and len(machines.hosts) == 1 else devices


class Member:
    """One of the processes that this one started."""

    def __init__(self, place: Place, process: subprocess.Popen[bytes]) -> None:
        self.place = place
        self.process = process

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self.process.poll()

    @property
    def said_why(self) -> bool:
        """Whether it ended as one does that writes a reason first."""
        return self.process.returncode in (FAILED, GROUP_ENDED)

    def reason(self) -> str:
        """Returns how it ended, as a sentence without a full stop."""
        code = self.process.returncode
        if code >= 0:
            return f"{self.place} ended with exit code {code}"
        name = signal.Signals(-code).name
        hint = ": where memory ran out, fewer processes, a lower mini_batch_size or a higher accumulate needs less"
        return f"{self.place} was ended by {name}{hint if name == 'SIGKILL' else ''}"


def run_together(
    plan: Plan, stop: threading.Event, command: Sequence[str] = COMMAND, grace_seconds: float = GRACE_SECONDS
) -> Member | None:
    """Runs this machine's processes of a job to their end, and passes a request to stop on to all of them.

    Args:
        command: of each process; their standard input ends when this process does, and SIGTERM is held back until they
            let it through.
        grace_seconds: that the others have once one of them has failed.

    Returns:
        The one because of which they failed; None where all ended well.

    Raises:
        PlatformError: the names of the machines are not known.
    """
    address = _address(plan.resources, stop)
    with _started(plan, address, command) as members:
        return _watch(members, stop, grace_seconds)


def _watch(members: Sequence[Member], stop: threading.Event, grace_seconds: float) -> Member | None:
    is_passed_on, wait_until = False, float("inf")
    while any(member.exit_code is None for member in members) and time.monotonic() < wait_until:
        if stop.is_set() and not is_passed_on:
            is_passed_on = True
            for member in members:
                member.process.terminate()
        if wait_until == float("inf") and _cause(members) is not None:
            wait_until = time.monotonic() + grace_seconds
        time.sleep(POLL_SECONDS)
    return _cause(members)  # before those that still run are killed


def _cause(members: Sequence[Member]) -> Member | None:
    """Returns the process that failed by itself; one that failed because of another only where there is no such."""
    failed = [member for member in members if member.exit_code]
    return min(failed, key=lambda member: _distance(member.process.returncode), default=None)


def _distance(exit_code: int) -> int:
    """Returns how far a process is from the cause; one that knows why it failed is nearest."""
    return 2 if exit_code == GROUP_ENDED else int(exit_code < 0)


@contextmanager
def _started(plan: Plan, address: tuple[str, int], command: Sequence[str]) -> Iterator[list[Member]]:
    members: list[Member] = []
    try:
        for number, place in enumerate(plan.places()):
            environment = _environment(plan, place, number, address)
            with held_back(signal.SIGTERM):  # it could not save its model yet
                process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)
            members.append(Member(place, process))
        yield members
    finally:
        for member in members:
            member.process.kill()
            member.process.wait()
            if member.process.stdin is not None:
                member.process.stdin.close()


def _environment(plan: Plan, place: Place, number: int, address: tuple[str, int]) -> dict[str, str]:
    """Returns what torchrun would set, and the interface by which the processes reach each other."""
    interface = plan.resources.interface if len(plan.resources.hosts) > 1 else LOOPBACK.get(sys.platform, "")
    threads = str(max(1, usable_cores() // place.local_size))
    preset = {OMP_NUM_THREADS.name: threads, "TORCH_CPP_LOG_LEVEL": "ERROR"}  # warnings would be those of each process
    if interface:
        preset["GLOO_SOCKET_IFNAME"] = interface
    if interface and len(plan.resources.hosts) > 1:
        preset["NCCL_SOCKET_IFNAME"] = interface
    return {
        **preset,
        **os.environ,
        RANK: str(place.rank),
        SIZE: str(place.size),
        LOCAL_RANK: str(number),
        LOCAL_SIZE: str(place.local_size),
        ADDRESS: address[0],
        PORT: str(address[1]),
    }


def _address(machines: Resources, stop: threading.Event) -> tuple[str, int]:
    """Returns where the first process listens, once all machines of the job have names."""
    if len(machines.hosts) == 1:
        return THIS_MACHINE, _free_port()
    deadline = time.monotonic() + RESOLVE_SECONDS
    for host in machines.hosts:
        while not _is_known(host):
            if stop.is_set() or time.monotonic() > deadline:
                raise PlatformError(f"machine {host} of resourceconfig.json cannot be found by its name")
            time.sleep(POLL_SECONDS)
    return machines.hosts[0], SAGEMAKERS_PORT


def _is_known(host: str) -> bool:
    try:
        socket.getaddrinfo(host, SAGEMAKERS_PORT)
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((THIS_MACHINE, 0))
        return int(free.getsockname()[1])
