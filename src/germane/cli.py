"""The command line: `germane import`, `germane serve` and the rest."""

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from germane import __version__

if TYPE_CHECKING:
    from germane.web.jobs.importing import Counts, FileReport
    from germane.web.jobs.stages import Stage

app = typer.Typer(
    name="germane",
    help="One dashboard page for every academic article, with everything around it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

_INTERRUPTED = 130  # 128 and the number of SIGINT, as shells say it

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]


def main() -> None:
    """Run the command line; an interruption is a way to stop, not an error to trace."""
    try:
        app()
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            _err.print("Interrupted. What was done is kept; run the same command again to go on.")
        raise
    except Exception as error:
        if not _is_of_the_data(error):
            raise
        _err.print(f"germane: {error}. What was done is kept; run the same command again to go on.", markup=False)
        sys.exit(2)


def _is_of_the_data(error: Exception) -> bool:
    """Tell whether the database or the disk failed (full, locked, read-only): nothing that a trace would explain."""
    django_db = sys.modules.get("django.db")
    return isinstance(error, OSError) or (django_db is not None and isinstance(error, django_db.DatabaseError))


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        _out.print(__version__)
        raise typer.Exit


@app.command(name="import")
def import_(
    files: Annotated[list[str], typer.Argument(help="Files, folders, or - for standard input.")],
    format: Annotated[str, typer.Option(help="Do not look at the content: it is in this source's format.")] = "",
    later: Annotated[bool, typer.Option("--later", help="Only read; leave the stages to `germane work`.")] = False,
    as_json: Json = False,
) -> None:
    """Read files of article metadata and items, by content and not by name, plain or gzipped."""
    _prepare()
    from germane.connectors import UnknownConnector, load_reader
    from germane.web.jobs.importing import Counts, import_files

    if format:
        try:
            load_reader(format)
        except UnknownConnector as error:
            _fail(f"--format: {error}")
    total = Counts()
    reports: list[FileReport] = []
    with _progress(as_json, bytes=True) as bar:
        task = bar.add_task("", total=None, rate="")
        for report in import_files(files, _file_progress(bar, task), format):
            reports.append(report)
            for name in Counts.__struct_fields__:
                setattr(total, name, getattr(total, name) + getattr(report.counts, name))
            if not as_json:
                _print_report(report)
    if not as_json:
        _print_total(total, reports)
    stages: dict[str, int] = {}
    try:
        if not later:
            _run_stages(quiet=as_json, done=stages)
    finally:  # what was read is told even when a stage fails
        if as_json:
            told = [msgspec.to_builtins(r) for r in reports]
            _print_json({**msgspec.structs.asdict(total), "files": told, "stages": stages})
    if not total.read:
        if not as_json:
            _err.print("Nothing could be read.")
        raise typer.Exit(1)


@app.command()
def rejects(
    replay: Annotated[bool, typer.Option("--replay", help="Try them again, as after an upgrade.")] = False,
    as_json: Json = False,
) -> None:
    """List the records that could not be understood, with file, position and reason; or replay them."""
    _prepare()
    from germane.web.catalog.store.ledger import read_rejects
    from germane.web.jobs.importing import replay_rejects

    if replay:
        counts = replay_rejects()
        if as_json:
            _print_json(msgspec.structs.asdict(counts))
        else:
            _out.print(f"{counts.read} replayed: {_counts(counts)}")
        if counts.new or counts.changed:
            _run_stages(quiet=as_json)
        return
    after, listed = 0, []
    while found := read_rejects(after):
        after = found[-1].id
        for reject in found:
            if as_json:
                listed.append(msgspec.to_builtins(reject))
            else:
                line = f", line {reject.line}" if reject.line else ""
                _out.print(
                    f"{reject.file}: record {reject.position}{line} ({reject.source}): {reject.reason}", markup=False
                )
    if as_json:
        _print_json(listed)
    elif not after:
        _out.print("There are no rejects.")


@app.command()
def keyphrases(
    file: Annotated[
        str, typer.Argument(help="A text, or a JSON object with title and abstract; - for standard input.")
    ],
    n: Annotated[int, typer.Option(min=1, max=20, help="How many at most.")] = 5,
    as_json: Json = False,
) -> None:
    """Print the keyphrases of any text."""
    from germane.enrich.keyphrases import extract_keyphrases
    from germane.text import clean_markup, detect_language, plain_text

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        _fail(f"{file}: {error.strerror}")
    title, abstract = _title_and_abstract(text)
    title, abstract = (plain_text(clean_markup(part, block=True)) for part in (title, abstract))
    found = extract_keyphrases(title, abstract, n=n, language=detect_language(f"{title} {abstract}") or "en")
    if as_json:
        _print_json(msgspec.to_builtins(found))
        return
    for phrase in found:
        _out.print(f"{phrase.score:.2f}  {phrase.phrase}", markup=False)
    if not found:
        _err.print("No keyphrases: the text says too little.")


@app.command()
def work(as_json: Json = False) -> None:
    """Bring everything derived up to date: keyphrases, index, similar articles, topic shelves."""
    _prepare()
    stages = _run_stages(quiet=as_json)
    if as_json:
        _print_json(stages)


@app.command()
def rebuild(
    what: Annotated[str, typer.Argument(help="articles, keyphrases, index, similar, or all")] = "all",
    as_json: Json = False,
) -> None:
    """Make what is derived again from the records and items that are kept."""
    _prepare()
    from germane.web.jobs.rebuilding import REBUILDS, mark_stale

    if what not in REBUILDS:
        _fail(f"{what!r} cannot be rebuilt; choose one of {', '.join(REBUILDS)}")
    with _progress(as_json) as bar:
        mark_stale(what, _row_progress(bar, bar.add_task("Rebuilding", total=None, rate="")))
    stages = _run_stages(quiet=as_json)
    if as_json:
        _print_json(stages)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
) -> None:
    """Serve the site."""
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 (these are no address that a link could name)
        os.environ.setdefault("GERMANE_BASE_URL", _site(host, port))
    _prepare()
    from germane.web.jobs.serving import run_server

    _check_address(host, port)
    run_server(host, port, workers, lambda: _out.print(f"Germane serves {_site(host, port)}/ (stop with Ctrl-C)"))


@app.command()
def demo(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Load the sample corpus, build the index and serve the site."""
    os.environ.setdefault("GERMANE_BASE_URL", _site(host, port))
    _prepare()
    _check_address(host, port)
    from germane.sample import sample_files
    from germane.web.jobs.importing import Counts, import_files
    from germane.web.jobs.serving import best_address, run_server

    total = Counts()
    for report in import_files([str(path) for path in sample_files()]):
        for name in Counts.__struct_fields__:
            setattr(total, name, getattr(total, name) + getattr(report.counts, name))
    _out.print(f"Sample corpus: {_counts(total)}.")
    _run_stages()
    article = best_address()

    def ready() -> None:
        _out.print(f"Germane serves   {_site(host, port)}/")
        _out.print(f"An article       {_site(host, port)}{article}")
        _out.print("Stop with Ctrl-C.")

    run_server(host, port, 0, ready)


def _site(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _check_address(host: str, port: int) -> None:
    from germane.web.jobs.serving import check_address

    try:
        check_address(host, port)
    except OSError as error:
        is_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
        advice = f"Choose another port: PORT={max(port % 65535 + 1, 8001)}" if is_port else "Look at --host"
        _fail(f"cannot listen on {_site(host, port)}/: {error.strerror}. {advice}")


def _prepare() -> None:
    """Set Django up and bring the database's tables up to date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "germane.web.settings")
    from germane.web.env import SettingError, read_environment

    try:
        read_environment()
    except SettingError as error:
        _fail(str(error))
    import django

    django.setup()
    from django.db import DatabaseError

    from germane.web.jobs.preparing import prepare_home

    try:
        prepare_home()
    except (OSError, DatabaseError) as error:
        _fail(f"the data of this site cannot be opened: {error}. Look at GERMANE_HOME and GERMANE_DATABASE_URL.")


def _run_stages(*, quiet: bool = False, done: dict[str, int] | None = None) -> dict[str, int]:
    """Run the stages; `done` is filled while they run, for who wants to know how far they came."""
    from germane.index import IndexFailure
    from germane.web.jobs.stages import run_stages

    done = {} if done is None else done
    with _progress(quiet) as bar:

        def start(stage: "Stage") -> Callable[[int, int], None]:
            return _row_progress(bar, bar.add_task(stage.title, total=None, rate=""))

        try:
            for stage, n in run_stages(start):
                done[stage.name] = n
        except IndexFailure as error:
            _fail(str(error))
    return done


def _progress(quiet: bool = False, *, bytes: bool = False) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn() if bytes else MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=_err,
        transient=True,
        disable=quiet or not _err.is_terminal,
    )


def _file_progress(bar: Progress, task: TaskID) -> "Callable[[FileReport, int, int | None], None]":
    import time

    file, started, before = "", 0.0, 0

    def show(report: "FileReport", consumed: int, total: int | None) -> None:
        nonlocal file, started, before
        if report.file != file:  # what an earlier import did is not this one's speed
            file, started, before = report.file, time.monotonic(), report.counts.read
        rate = (report.counts.read - before) / max(time.monotonic() - started, 0.001)
        bar.update(
            task,
            description=Path(report.file).name,
            completed=consumed,
            total=total,
            rate=f"{report.counts.read:,} records, {rate:,.0f}/s",
        )

    return show


def _row_progress(bar: Progress, task: TaskID) -> Callable[[int, int], None]:
    import time

    started = time.monotonic()

    def show(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total, rate=f"{done / max(time.monotonic() - started, 0.001):,.0f}/s")

    return show


def _print_report(report: "FileReport") -> None:
    if report.error and not report.counts.read:
        _err.print(f"{report.file}: skipped: {report.error}", markup=False)
        return
    resumed = f", resumed after record {report.resumed_at}" if report.resumed_at else ""
    _out.print(f"{report.file}: {report.format}{resumed}: {_counts(report.counts)}", markup=False)
    if report.error:
        _err.print(f"{report.file}: not read to its end: {report.error}", markup=False)


def _print_total(total: "Counts", reports: "list[FileReport]") -> None:
    seconds = sum(r.seconds for r in reports)
    n_read = total.read - sum(r.resumed_at for r in reports)
    rate = f", {n_read / seconds:,.0f} records/s" if n_read > 0 and seconds > 0 else ""
    _out.print(f"{len(reports)} file{'s' if len(reports) != 1 else ''} in {seconds:.1f} s{rate}: {_counts(total)}")
    if total.rejected:
        _out.print("`germane rejects` lists what was rejected, and why.")


def _counts(counts: "Counts") -> str:
    return (
        f"{counts.read:,} read = {counts.new:,} new + {counts.changed:,} changed + {counts.unchanged:,} unchanged"
        f" + {counts.rejected:,} rejected"
    )


def _title_and_abstract(text: str) -> tuple[str, str]:
    """A JSON object gives title and abstract; of plain text with several lines, the first is the title."""
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if isinstance(given, dict):
        return str(given.get("title") or ""), str(given.get("abstract") or "")
    first, _, rest = text.strip().partition("\n")
    return (first, rest) if rest.strip() and len(first) <= 300 else ("", text)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def _fail(message: str) -> None:
    _err.print(f"germane: {message}", markup=False)
    raise typer.Exit(2)


if __name__ == "__main__":
    main()
