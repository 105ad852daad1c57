"""A site as a person runs it: real processes, which can be killed, and what they said."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 300


class Run:
    """One command of a site, running or ended."""

    def __init__(self, process: subprocess.Popen[bytes], told: IO[bytes]) -> None:
        self.process = process
        self._told = told

    @property
    def is_running(self) -> bool:
        """Tell whether it still runs."""
        return self.process.poll() is None

    @property
    def told(self) -> str:
        """Return everything that it has printed so far."""
        self._told.seek(0)
        return self._told.read().decode(errors="replace")

    def wait(self, timeout_s: float = _PATIENCE_S) -> int:
        """Return its exit code when it has ended."""
        return self.process.wait(timeout_s)

    def kill(self, victim: int | None = None) -> None:
        """Kill one of its processes, its first one by default, and wait until that is dead."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim or self.process.pid, signal.SIGKILL)
        if victim is None:
            self.process.wait(20)

    def kill_all(self) -> None:
        """Kill every process of it at once, as when the machine's power fails."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def interrupt(self) -> int:
        """End it as Ctrl-C does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(20)

    def children(self) -> list[int]:
        """Return the processes that its first one has started for work and that are alive."""
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and _parent(entry) == self.process.pid and _works(entry)
        ]

    def survivors(self) -> list[int]:
        """Return which processes of the command are alive."""
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and _group(entry) == self.process.pid
        ]


class Site:
    """A home, and the commands that are run on it."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        own = {name: value for name, value in os.environ.items() if not name.startswith("GERMANE_")}
        self._environment = {
            **own,
            "GERMANE_HOME": str(home),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }

    def start(
        self,
        *arguments: str,
        before: Callable[[], None] | None = None,
        **faults: str,
    ) -> Run:
        """Start a command, in a process group of its own.

        `before` is called in its process first; `faults` are those of `entry`.
        """
        told = tempfile.TemporaryFile("a+b")  # noqa: SIM115 (a run keeps it); not in the home, whose disk may be full
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.entry", *arguments],
            cwd=_ROOT,
            env={**self._environment, **{f"FAULTS_{name.upper()}": value for name, value in faults.items()}},
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=before,
        )
        return Run(process, told)

    def run(self, *arguments: str) -> str:
        """Run a command to its end and return what it printed; raises AssertionError when it fails."""
        run = self.start(*arguments)
        assert run.wait() == 0, f"germane {' '.join(arguments)} ended with {run.process.returncode}:\n{run.told}"
        return run.told


def has_trace(told: str) -> bool:
    """Tell whether a command ended with a trace of ours; Python's own helper processes leave some of their own."""
    return "panicked" in told or ("Traceback" in told and "/germane/" in told)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


def _fields(entry: Path) -> list[str]:
    """Return what /proc says of a process after its name: state, parent, group …; nothing of one that is dead."""
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] in "ZX" else fields


def _works(entry: Path) -> bool:
    """Tell whether a process is one of ours, not Python's own, which counts the semaphores of a pool."""
    try:
        return b"resource_tracker" not in (entry / "cmdline").read_bytes()
    except OSError:
        return False


def _parent(entry: Path) -> int:
    fields = _fields(entry)
    return int(fields[1]) if fields else 0


def _group(entry: Path) -> int:
    fields = _fields(entry)
    return int(fields[2]) if fields else 0
