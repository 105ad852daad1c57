"""A campaign: one site from an empty home to the end, whose processes are killed again and again on the way."""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tests.faults.acknowledging import Watcher, acknowledged, losses, phase
from tests.faults.corpus import File
from tests.faults.moments import OF_REBUILDING, OF_WORKING, Moment, at_any_time, when_children_work, when_database_grows
from tests.faults.reading import Reader, address_of, ask
from tests.faults.site import Run, Site, free_port, has_trace
from tests.faults.state import State, differences, read_state

# "importer" only reads, and "worker" does all that follows; "pipeline" does both at once
Victim = Literal[
    "importer", "worker", "worker's child", "pipeline", "pipeline's child", "rebuild", "server", "server's child"
]
_PATIENCE_S = 60


class Kill(NamedTuple):
    """One process that was killed, what the site was at, and what it cost."""

    victim: Victim
    moment: str
    phase: str
    lost: tuple[str, ...]
    seconds: float  # from the kill until everything was checked


class Undisturbed(NamedTuple):
    """A run that nobody disturbed: where it ended, and how long its two commands took."""

    home: Path
    state: State
    import_s: float
    work_s: float


class Outcome(NamedTuple):
    """What a campaign came to."""

    kills: tuple[Kill, ...]
    differences: tuple[str, ...]  # from the undisturbed run's end
    wrong: tuple[str, ...]  # what the reader was answered and should not have been
    n_answers: int
    n_refused: int  # while no server was there

    @property
    def faults(self) -> list[str]:
        """Return everything that should not have been, a sentence each."""
        lost = [f"{k.victim} killed {k.moment} ({k.phase}): {what}" for k in self.kills for what in k.lost]
        return [*lost, *(f"at the end: {what}" for what in self.differences), *(f"page: {what}" for what in self.wrong)]


def run_undisturbed(home: Path, files: Sequence[File], *, is_pipeline: bool = False) -> Undisturbed:
    """Run all commands to their ends and return what came of it."""
    site = Site(home)
    times = []
    for arguments in (import_of(files, later=not is_pipeline), ("work",)):
        started = time.monotonic()
        site.run(*arguments)
        times.append(time.monotonic() - started)
    return Undisturbed(home, read_state(home), *times)


def run_campaign(
    home: Path, files: Sequence[File], expected: Undisturbed, victims: Sequence[Victim], seed: int
) -> Outcome:
    """Kill each of these in turn while a reader asks for pages, then finish, and compare."""
    campaign = _Campaign(home, files, expected, seed)
    return campaign.run(victims)


def import_of(files: Sequence[File], *, later: bool = True) -> tuple[str, ...]:
    """Return the command that reads files, and, unless that comes later, does all that follows."""
    return ("import", *(("--later",) if later else ()), *(str(file.path) for file in files))


class _Campaign:
    def __init__(self, home: Path, files: Sequence[File], expected: Undisturbed, seed: int) -> None:
        self.site = Site(home)
        self.files, self.expected = files, expected
        self.random = random.Random(seed)
        self.names = [name for file in files for name in file.names]
        self.port = free_port()
        self.reader = Reader(self.port, self.names, seed)
        self.kept: set[str] = set()  # names that were acknowledged so far
        self.kills: list[Kill] = []
        self.wrong: list[str] = []

    def run(self, victims: Sequence[Victim]) -> Outcome:
        server = self._serve()
        try:
            with self.reader:
                for command, some in self._parts(victims):
                    for victim in some:
                        server = self._one(victim, command, server)
                    self.site.run(*command)
                self._check_pages()
        finally:
            server.kill_all()
        return Outcome(
            kills=tuple(self.kills),
            differences=tuple(differences(self.expected.state, read_state(self.site.home))),
            wrong=(*self.wrong, *self.reader.wrong),
            n_answers=self.reader.n_answers,
            n_refused=self.reader.n_refused,
        )

    def _parts(self, victims: Sequence[Victim]) -> list[tuple[Sequence[str], list[Victim]]]:
        """Return the commands of a site's life, each with whom to kill while it runs; it is run to its end then."""
        of_import: list[Victim] = [v for v in victims if v in ("importer", "pipeline", "pipeline's child")]
        of_work: list[Victim] = [v for v in victims if v in ("worker", "worker's child")]
        of_rebuild: list[Victim] = [v for v in victims if v == "rebuild"]
        for victim in (v for v in victims if v in ("server", "server's child")):
            self.random.choice((of_import, of_work) if of_work else (of_import,)).append(victim)
        self.random.shuffle(of_import)
        self.random.shuffle(of_work)
        read = import_of(self.files, later="pipeline" not in victims)
        return [(read, of_import), (("work",), of_work), *([(("rebuild", "index"), of_rebuild)] if of_rebuild else [])]

    def _one(self, victim: Victim, command: Sequence[str], server: Run) -> Run:
        if victim == "server":
            return self._kill_server(server, command)
        if victim == "server's child":
            self._kill_servers_child(server)
        else:
            self._kill_command(victim, command)
        return server

    def _kill_command(self, victim: Victim, command: Sequence[str]) -> None:
        name, moment = self._moment(victim)
        with Watcher(self.site.home) as watcher:
            run = self.site.start(*command)
            if not moment(self.site.home, run):
                self._ended_before(victim, run)
                return
            killed_at = time.monotonic()
            self._strike(victim, run)
        watcher.look()
        self._note(victim, name, acknowledged(self.files, watcher.positions, run.told), killed_at)

    def _moment(self, victim: Victim) -> tuple[str, Moment]:
        duration_s = self._duration(victim)
        if victim in ("worker's child", "pipeline's child"):
            return "when it works", when_children_work(self.random, duration_s)
        if self.random.random() < 0.5:
            return "at any time", at_any_time(self.random, duration_s)
        if victim == "importer":
            times = self.random.randint(1, 6)
            return "the database grows", when_database_grows(times)
        if victim == "pipeline":
            times = self.random.randint(1, 12)
            targeted = {"the database grows": when_database_grows(times), **OF_WORKING}
        else:
            targeted = OF_REBUILDING if victim == "rebuild" else OF_WORKING
        return self.random.choice(sorted(targeted.items()))

    def _duration(self, victim: Victim) -> float:
        """Return within how many seconds to kill; less than it takes, since earlier ones did some of the work."""
        if victim in ("importer", "pipeline", "pipeline's child"):
            return self.expected.import_s * (1 if victim == "importer" else 0.6)
        return self.expected.work_s * 0.6

    def _strike(self, victim: Victim, run: Run) -> None:
        """Kill a command: all of it, its first process, or one that it has started."""
        children = run.children()
        if victim in ("worker's child", "pipeline's child") and children:
            run.kill(self.random.choice(children))
            self._check_end(run)
        elif self.random.random() < 0.5:
            run.kill_all()
        else:
            run.kill()
        if not _becomes(lambda: not run.survivors()):
            self.wrong.append(f"processes of a killed {victim} live on: {run.survivors()}")
            run.kill_all()

    def _check_end(self, run: Run) -> None:
        """Check that a command whose child was killed says so, or does without it."""
        code = run.wait(_PATIENCE_S)
        if has_trace(run.told):
            self.wrong.append(f"a command whose process was killed ends with a trace: {run.told[-300:]}")
        elif code and "again" not in run.told:
            self.wrong.append(f"a command whose process was killed does not say what to do: {run.told[-300:]}")

    def _ended_before(self, victim: Victim, run: Run) -> None:
        if run.wait():
            self.wrong.append(f"{victim} ended with {run.process.returncode}: {run.told[-500:]}")

    def _serve(self) -> Run:
        server = self.site.start("serve", "--port", str(self.port), "--workers", "2")
        if not _becomes(lambda: ask(self.port, "/") == 200):
            raise AssertionError(f"the server does not answer:\n{server.told}")
        return server

    def _kill_server(self, server: Run, command: Sequence[str]) -> Run:
        """Kill the server while something is written, and start it again; the writer must not even notice."""
        run = self.site.start(*command)
        at_any_time(self.random, self.expected.import_s / 2)(self.site.home, run)
        killed_at = time.monotonic()
        self._strike("server", server)
        started = self._serve()
        if not run.is_running and run.wait():
            self.wrong.append(f"what was written ended with its server: {run.told[-500:]}")
        run.kill_all()  # so that something is left for the next ones
        self._note("server", "at any time", acknowledged(self.files, {}, run.told), killed_at)
        return started

    def _kill_servers_child(self, server: Run) -> None:
        killed_at = time.monotonic()
        before = server.children()
        server.kill(self.random.choice(before))
        if not _becomes(lambda: len(server.children()) == len(before) and ask(self.port, "/") == 200):
            self.wrong.append(f"a killed process of the server is not replaced: {server.told[-300:]}")
        self._note("server's child", "at any time", set(), killed_at)

    def _note(self, victim: Victim, moment: str, names: set[str], killed_at: float) -> None:
        self.kept |= names | self.reader.seen
        at = phase(self.site.home, self.files)
        lost = losses(self.site.home, self.kept)
        self.kills.append(Kill(victim, moment, at, tuple(lost), time.monotonic() - killed_at))

    def _check_pages(self) -> None:
        for name in self.names[::7]:
            if (status := ask(self.port, address_of(name))) != 200:
                self.wrong.append(f"{address_of(name)} answers {status} at the end")


def _becomes(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
