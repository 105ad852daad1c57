"""Watch a command and all processes that it starts: CPU time, memory, and what it writes, up to twice a second."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY_S = 0.5
_WATCHED_PER_LOOK = 50  # so many times as long as looking took, nobody looks: 2 % of a core at the most


def obey_interrupts() -> None:
    """In a new process: Ctrl-C ends it, also when this one was started in the background, where shells ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Sample(NamedTuple):
    """One look at a process tree: memory as the sum of proportional set sizes, so that what is shared counts once."""

    at_s: float  # since the start
    memory: int  # bytes
    anonymous: int  # bytes of it that are no file's
    cpu_s: float  # of all processes so far, ended ones included
    free_disk: int  # bytes left where the home is


class Watched(NamedTuple):
    """What a command came to."""

    seconds: float
    cpu_s: float
    peak_memory: int  # bytes, of the whole tree
    peak_anonymous: int
    samples: tuple[Sample, ...]
    output: bytes

    @property
    def busy_cores(self) -> float:
        """Return how many cores it kept busy on the average."""
        return self.cpu_s / max(self.seconds, 1e-9)


def run_watched(command: Sequence[str], environment: Mapping[str, str], home: Path) -> Watched:
    """Run a command to its end and watch it. Raises CalledProcessError when it fails."""
    before = children_cpu()
    started = time.monotonic()
    with subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, start_new_session=True) as process:
        samples: list[Sample] = []
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, home, started, samples, ended), daemon=True)
        watcher.start()
        output = process.stdout.read() if process.stdout else b""
        code = process.wait()
    seconds = time.monotonic() - started
    ended.set()
    watcher.join()
    if code:
        raise subprocess.CalledProcessError(code, list(command), output)
    return Watched(
        seconds=seconds,
        cpu_s=children_cpu() - before,
        peak_memory=max((s.memory for s in samples), default=0),
        peak_anonymous=max((s.anonymous for s in samples), default=0),
        samples=tuple(samples),
        output=output,
    )


def tree_of(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    tree, todo = [], [pid]
    while todo:
        one = todo.pop()
        tree.append(one)
        todo += children.get(one, [])
    return tree


def cpu_of(pids: Sequence[int]) -> float:
    """Return the CPU seconds of some processes, with those of their ended children."""
    return sum(sum(map(int, fields[11:15])) / _TICKS for fields in map(_stat, pids) if fields)


def memory_of(pids: Sequence[int]) -> tuple[int, int]:
    """Return the bytes that some processes hold together, each shared page counted once, and those of no file."""
    whole = anonymous = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:  # it ended meanwhile
            continue
        sizes = {name: int(size.split()[0]) * 1024 for name, _, size in (line.partition(":") for line in lines[1:])}
        whole += sizes.get("Pss", 0)
        anonymous += sizes.get("Pss_Anon", 0)
    return whole, anonymous


def bytes_under(folder: Path) -> dict[str, int]:
    """Return the bytes on disk of what a folder holds, by the name of its first level."""
    sizes: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            name = path.relative_to(folder).parts[0]
            sizes[name] = sizes.get(name, 0) + path.stat().st_blocks * 512
    return sizes


def _watch(pid: int, home: Path, started: float, samples: list[Sample], ended: threading.Event) -> None:
    pause = _EVERY_S
    while not ended.wait(pause):
        looked = time.thread_time()
        tree = tree_of(pid)
        memory, anonymous = memory_of(tree)
        place = home if home.exists() else home.parent
        samples.append(
            Sample(time.monotonic() - started, memory, anonymous, cpu_of(tree), os.statvfs(place).f_bavail * 4096)
        )
        # to add up what gigabytes of mapped pages are shared takes a core a quarter of a second
        pause = max(_EVERY_S, _WATCHED_PER_LOOK * (time.thread_time() - looked))


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, from the state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def children_cpu() -> float:
    """Return the CPU seconds of this process's children that have ended."""
    times = os.times()
    return times.children_user + times.children_system
