"""A case: a site with something left to do, a limit, a command that meets it, and the same command without it."""

import contextlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.campaigns import Undisturbed, import_of
from tests.faults.corpus import File
from tests.faults.limits import Limit, mounted, with_room
from tests.faults.reading import address_of, ask
from tests.faults.site import Run, Site, free_port, has_trace
from tests.faults.state import check_sound, differences, read_state

COMMANDS = ("import", "work", "serve", "doctor")
_PATIENCE_S = 60


class Half(NamedTuple):
    """A site that has read the first of its files, and a run that nobody disturbed, of all of them."""

    home: Path
    first: Sequence[File]
    rest: Sequence[File]
    whole: Undisturbed


def make_half(home: Path, files: Sequence[File], whole: Undisturbed) -> Half:
    """Make such a site."""
    first, rest = files[: len(files) // 2], files[len(files) // 2 :]
    Site(home).run(*import_of(first))
    return Half(home, first, rest, whole)


def run_case(half: Half, limit: Limit, command: str) -> list[str]:
    """Let a command meet a limit; return everything that should not have been. Raises NoDiskOfItsOwnError."""
    is_whole = command in ("serve", "doctor")
    disk = mounted if limit.is_mounted else with_room if command == "doctor" else nullcontext
    with _copy(half.whole.home if is_whole else half.home, disk) as home:
        site = Site(home)
        if command == "work":  # the import met no limit
            site.run(*import_of(half.rest))
        if command == "doctor":
            wrong = _examine(site, limit)
        else:
            wrong = _serve(site, half, limit) if is_whole else _meet(site, half, limit, command)
        wrong += check_sound(home)
        if not is_whole:
            site.run(*import_of(half.rest))
            site.run("work")
        return wrong + differences(half.whole.state, read_state(home))


def examine(site: Site, **given: Any) -> tuple[int, list[str]]:
    """Return the exit code of `germane doctor` and the codes of what it finds, notes left out."""
    run = site.start("doctor", "--json", **given)
    code = run.wait(_PATIENCE_S)
    try:
        findings = json.loads(run.told)["findings"]
    except ValueError:
        raise AssertionError(f"the doctor ends with {code}: {run.told[-600:]}") from None
    assert all(finding["advice"] for finding in findings)
    return code, [finding["code"] for finding in findings if finding["level"] != "note"]


def serves(site: Site, half: Half, **given: Any) -> list[str]:
    """Return what is wrong with a server that nothing keeps from answering."""
    port = free_port()
    server = _started(site, port, **given)
    try:
        return _pages(port, half, site.home) if _answers(port, server) else [f"it does not answer: {server.told}"]
    finally:
        server.kill_all()


@contextlib.contextmanager
def _copy(home: Path, disk: Callable[[Path], AbstractContextManager[Path]]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="germane-limits-") as name, disk(Path(name) / "disk") as folder:
        yield Path(shutil.copytree(home, folder / "home"))


def _meet(site: Site, half: Half, limit: Limit, command: str) -> list[str]:
    """Run a command that meets the limit while a server goes on answering."""
    port = free_port()
    with contextlib.ExitStack() as stack:
        if limit.is_before:
            given = stack.enter_context(limit.hold(site.home))
        server = _started(site, port)
        stack.callback(server.kill_all)
        assert _answers(port, server), f"the server does not answer:\n{server.told}"
        if not limit.is_before:
            given = stack.enter_context(limit.hold(site.home))
        run = site.start(*(import_of(half.rest) if command == "import" else ("work",)), **given)
        code = run.wait(_PATIENCE_S)
        wrong = [f"during {command}: {told}" for told in _pages(port, half, site.home)]
        return wrong + _unclear(run, code, limit, command)


def _serve(site: Site, half: Half, limit: Limit) -> list[str]:
    """Start a server that meets the limit: it answers, or says why not."""
    port = free_port()
    with limit.hold(site.home) as given:
        server = _started(site, port, **given)
        try:
            if _answers(port, server):
                return _pages(port, half, site.home)
            return _unclear(server, server.process.poll() or 0, limit, "serve")
        finally:
            server.kill_all()


def _examine(site: Site, limit: Limit) -> list[str]:
    """Let the doctor look before and while there is the limit: well, and then just that."""
    before = examine(site)
    with limit.hold(site.home) as given:
        code, found = examine(site, **given)
    wrong = [] if before == (0, []) else [f"without the limit the doctor ends with {before}"]
    if not code or set(found) != {limit.finding}:
        wrong.append(f"the doctor ends with {code} and has found {found} instead of {limit.finding}")
    return wrong


def _unclear(run: Run, code: int, limit: Limit, command: str) -> list[str]:
    """Return what is wrong with how a command ended."""
    wrong = []
    if has_trace(run.told):
        wrong.append(f"{command} ends with a trace: …{run.told[-600:]}")
    if not code and command in limit.fails:
        wrong.append(f"{command} says that all went well: {run.told[-300:]}")
    if code and not re.search(limit.says, run.told):
        wrong.append(f"{command} ends with {code} and does not say why: {run.told[-600:]}")
    return wrong


def _pages(port: int, half: Half, home: Path) -> list[str]:
    """Return which pages are not answered. What there is no index for cannot be searched."""
    paths = ["/", "/newest", "/newest.atom", *(address_of(name) for file in half.first for name in file.names[:6])]
    if (home / "index").exists():
        paths += ["/search?q=the"]
    asked = [(path, ask(port, path)) for path in paths]
    return [f"{path} answers {status}" for path, status in asked if status != 200]


def _started(site: Site, port: int, **given: object) -> Run:
    return site.start("serve", "--port", str(port), "--workers", "1", **given)  # type: ignore[arg-type]


def _answers(port: int, server: Run) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while server.is_running and time.monotonic() < deadline:
        if ask(port, "/"):
            return True
        time.sleep(0.02)
    return False
