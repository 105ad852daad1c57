"""How many processes and threads the server gets."""

from pathlib import Path

import pytest

from germane.web.jobs import capacity
from germane.web.jobs.capacity import Capacity, Processes, choose_processes, read_capacity

GIGA = 1_000_000_000


def machine(root: Path, files: dict[str, str]) -> Path:
    """Lay files out as a machine of 16 GB shows them."""
    for name, text in {"proc/meminfo": "MemTotal: 1\nMemAvailable:   15625000 kB\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, Capacity(8, 16_000)),
        (
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/cpu.max": "200000 100000\n",
                "sys/fs/cgroup/memory.max": f"{4 * GIGA}\n",
                "sys/fs/cgroup/memory.current": f"{1 * GIGA}\n",
                "sys/fs/cgroup/memory.stat": f"anon 5\ninactive_file {GIGA // 2}\n",
            },
            Capacity(2, 3_500),
        ),
        (
            {  # the limit stands on the group above
                "proc/self/cgroup": "0::/docker/abc\n",
                "sys/fs/cgroup/docker/abc/cpu.max": "max 100000\n",
                "sys/fs/cgroup/docker/cpu.max": "50000 100000\n",
                "sys/fs/cgroup/docker/abc/memory.max": "max\n",
            },
            Capacity(1, 16_000),
        ),
        (
            {  # version 1
                "proc/self/cgroup": "4:memory:/a\n3:cpu,cpuacct:/a\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": f"{2 * GIGA}\n",
                "sys/fs/cgroup/memory/a/memory.usage_in_bytes": f"{GIGA}\n",
            },
            Capacity(3, 1_000),
        ),
        ({"proc/self/cgroup": "nonsense\n0::/x\n", "sys/fs/cgroup/x/cpu.max": "??"}, Capacity(8, 16_000)),
    ],
)
def test_the_limits_of_a_container_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: Capacity
) -> None:
    monkeypatch.setattr(capacity, "_cores", lambda: 8)
    assert read_capacity(machine(tmp_path, files)) == expected


def test_this_machine_can_be_read() -> None:
    found = read_capacity()
    assert found.n_cores >= 1
    assert found.memory_mb > 0


@pytest.mark.parametrize(
    ("found", "asked", "expected"),
    [
        (Capacity(2, 7_000), 0, Processes(2, 2)),
        (Capacity(1, 7_000), 0, Processes(1, 4)),
        (Capacity(16, 60_000), 0, Processes(16, 2)),
        (Capacity(16, 1_500), 0, Processes(2, 2)),
        (Capacity(16, 100), 0, Processes(1, 4)),
        (Capacity(2, 100), 6, Processes(6, 2)),  # who asks gets
        (Capacity(8, 60_000), 1, Processes(1, 4)),
    ],
)
def test_a_process_for_each_core_as_far_as_memory_goes(found: Capacity, asked: int, expected: Processes) -> None:
    assert choose_processes(found, 64, asked) == expected
