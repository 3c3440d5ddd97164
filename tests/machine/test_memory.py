from __future__ import annotations

import platform
from pathlib import Path

import pytest

from semseg.machine.memory import (
    ProcessMemory,
    free_memory,
    memory_in_use,
    peak_memory,
    reset_peak,
    room_in_address_space,
)

ON_LINUX = pytest.mark.skipif(platform.system() != "Linux", reason="only Linux tells")


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_free_memory_is_what_the_kernel_or_the_control_group_leaves(tmp_path: Path) -> None:
    assert free_memory(tmp_path) is None  # macOS and Windows do not tell
    write(tmp_path, "proc/meminfo", "MemTotal: 9000 kB\nMemAvailable: 4000 kB\n")
    assert free_memory(tmp_path) == 4000 * 1024
    write(tmp_path, "sys/fs/cgroup/memory.max", "max\n")
    write(tmp_path, "sys/fs/cgroup/memory.current", "1000\n")
    assert free_memory(tmp_path) == 4000 * 1024
    write(tmp_path, "sys/fs/cgroup/memory.max", "1500\n")
    assert free_memory(tmp_path) == 500


def test_a_control_group_tells_the_free_memory_alone(tmp_path: Path) -> None:
    write(tmp_path, "sys/fs/cgroup/memory.max", "1500\n")
    write(tmp_path, "sys/fs/cgroup/memory.current", "1000\n")
    assert free_memory(tmp_path) == 500


@pytest.mark.parametrize(
    ("folder", "limit", "used", "idle"),
    [
        ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
        ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ],
    ids=["version 2", "version 1"],
)
def test_files_that_were_read_once_do_not_count_as_taken(
    tmp_path: Path, folder: str, limit: str, used: str, idle: str
) -> None:
    write(tmp_path, f"{folder}/{limit}", "1500\n")
    write(tmp_path, f"{folder}/{used}", "1400\n")
    write(tmp_path, f"{folder}/memory.stat", f"anon 300\n{idle} 900\nactive_file 100\n")
    assert free_memory(tmp_path) == 1000  # 1500 - (1400 - 900)


@pytest.mark.parametrize(
    ("line", "folder", "limit", "used"),
    [
        ("0::/user.slice/job.scope", "sys/fs/cgroup", "memory.max", "memory.current"),
        (
            "4:cpu,memory:/user.slice/job.scope",
            "sys/fs/cgroup/memory",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
        ),
    ],
    ids=["version 2", "version 1"],
)
def test_the_narrowest_of_the_groups_around_a_process_counts(
    tmp_path: Path, line: str, folder: str, limit: str, used: str
) -> None:
    write(tmp_path, "proc/self/cgroup", f"1:name=systemd:/init.scope\n{line}\n")
    write(tmp_path, f"{folder}/user.slice/{limit}", "1000\n")
    write(tmp_path, f"{folder}/user.slice/{used}", "300\n")
    assert free_memory(tmp_path) == 700
    write(tmp_path, f"{folder}/user.slice/job.scope/{limit}", "500\n")
    write(tmp_path, f"{folder}/user.slice/job.scope/{used}", "100\n")
    assert free_memory(tmp_path) == 400
    write(tmp_path, f"{folder}/other.slice/{limit}", "1\n")  # not ours
    write(tmp_path, f"{folder}/other.slice/{used}", "0\n")
    assert free_memory(tmp_path) == 400


@pytest.mark.parametrize("path", ["/docker/0123456789", "/../../job"], ids=["not shown in here", "outside of here"])
def test_inside_a_container_the_outermost_group_is_the_containers(tmp_path: Path, path: str) -> None:
    write(tmp_path, "proc/self/cgroup", f"0::{path}\n")
    write(tmp_path, "sys/fs/cgroup/memory.max", "1500\n")
    write(tmp_path, "sys/fs/cgroup/memory.current", "1000\n")
    assert free_memory(tmp_path) == 500


def test_the_address_space_has_room_up_to_its_limit(tmp_path: Path) -> None:
    assert room_in_address_space(tmp_path) is None
    write(tmp_path, "proc/self/status", "VmPeak:\t 900 kB\nVmSize:\t 800 kB\n")
    limits = "Limit  Soft Limit  Hard Limit  Units\nMax address space {} unlimited bytes\n"
    write(tmp_path, "proc/self/limits", limits.format("unlimited"))
    assert room_in_address_space(tmp_path) is None
    write(tmp_path, "proc/self/limits", limits.format(900 * 1024))
    assert room_in_address_space(tmp_path) == 100 * 1024
    write(tmp_path, "proc/self/limits", limits.format(700 * 1024))  # set when more was taken already
    assert room_in_address_space(tmp_path) == 0


@ON_LINUX
def test_the_peak_is_that_since_it_was_reset() -> None:
    taken = bytearray(64 * 2**20)
    taken[::4096] = b"x" * len(taken[::4096])  # touched, and so really there
    del taken
    high = peak_memory()
    reset_peak()
    low, now = peak_memory(), memory_in_use()
    assert high is not None
    assert low is not None
    assert now is not None
    assert high - low > 32 * 2**20
    assert 0 < now <= low + 2**20


def test_processes_share_what_is_free_and_not_promised(tmp_path: Path) -> None:
    assert (ProcessMemory(root=tmp_path).held(), ProcessMemory(root=tmp_path).free()) == (None, None)
    write(tmp_path, "proc/meminfo", "MemAvailable: 900 kB\n")
    write(tmp_path, "proc/self/status", "VmRSS: 70 kB\nVmHWM: 80 kB\nVmSize: 200 kB\n")
    memory = ProcessMemory(processes=2, promised=100 * 1024, root=tmp_path)
    assert (memory.held(), memory.peak(), memory.free()) == (70 * 1024, 80 * 1024, 400 * 1024)
    assert ProcessMemory(promised=901 * 1024, root=tmp_path).free() == 0
    write(tmp_path, "proc/self/limits", f"Max address space {300 * 1024} unlimited bytes\n")
    assert memory.free() == 100 * 1024
    write(tmp_path, "proc/self/status", "VmRSS: 70 kB\nVmHWM: 80 kB\nVmSize: 200 kB\nVmPeak: 250 kB\n")
    assert (memory.held(), memory.peak()) == (200 * 1024, 250 * 1024)  # the address space is what runs out
    memory.begin()
    assert (tmp_path / "proc/self/clear_refs").read_text() == "5"
