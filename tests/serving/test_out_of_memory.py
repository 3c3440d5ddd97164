from __future__ import annotations

from pathlib import Path

from semseg.serving import out_of_memory


def test_the_counters_of_the_control_group_and_of_the_machine_are_added(tmp_path: Path) -> None:
    assert out_of_memory.kills(tmp_path) == 0
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "vmstat").write_text("nr_free_pages 5\noom_kill 3\nunevictable 1\n")
    assert out_of_memory.kills(tmp_path) == 3
    (tmp_path / "sys" / "fs" / "cgroup").mkdir(parents=True)
    (tmp_path / "sys" / "fs" / "cgroup" / "memory.events").write_text("oom 4\noom_kill 2\noom_group_kill 9\n")
    assert out_of_memory.kills(tmp_path) == 5
