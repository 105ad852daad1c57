"""`germane evaluate`: measure the relevance engine against its baselines."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from germane.cli.printing import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from germane.evaluate.report import Report


def evaluate(
    tasks: Annotated[
        list[str] | None,
        typer.Argument(help="similar, likes, keyphrases, items, matching, merging, search; default: all"),
    ] = None,
    collections: Annotated[
        Path | None, typer.Option(help="The folder of the collections; default: under GERMANE_SHARED.")
    ] = None,
    held_out: Annotated[
        Path | None, typer.Option(help="Ask the files of this folder; everything is still learned from the other.")
    ] = None,
    as_json: Json = False,
    out_file: Annotated[Path, typer.Option("--out", help="Where the whole result is written.")] = Path(
        "build/eval.json"
    ),
) -> None:
    """Measure how good everything is, with baselines in the same run, on the public collections."""
    from germane.evaluate.collections import Missing, find_collections
    from germane.evaluate.results import make_result, read_versions, write_result
    from germane.evaluate.tasks import TASKS, UnknownTask, chosen_tasks, run_tasks

    try:
        names = chosen_tasks(tasks or ["all"])
        found = find_collections(collections, held_out)
    except UnknownTask as error:
        fail(str(error))
    except Missing as error:
        fail(f"{error}; name the collections' folder with --collections, or set GERMANE_SHARED")
    # now: a model that cannot be read, or a file that cannot be written, must not cost an hour's figures
    versions = read_versions()
    home_file = _home_file()
    _check_writable(out_file)
    with _standard_output_kept(as_json):
        report = run_tasks(names, found, lambda name: err.print(f"Measuring {name} …", markup=False))
    result = make_result(report, names, versions, is_held_out=found.is_held_out, at=datetime.now(UTC))
    write_result(result, out_file)
    if home_file and set(names) == set(TASKS) and result.values:
        write_result(result, home_file)
    if as_json:
        print_json(result.values)
    else:
        for table in report.tables():
            out.print(table)
            out.print()
    _tell(report, out_file)
    if report.failed:
        raise typer.Exit(1)


@contextlib.contextmanager
def _standard_output_kept(is_kept: bool) -> Iterator[None]:
    """Send what tasks print to standard error, where standard output is for one JSON object."""
    if not is_kept:
        yield
        return
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _check_writable(path: Path) -> None:
    """End the command when a result cannot be written there."""
    if path.is_dir():
        fail(f"--out {path}: a folder; name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        fail(f"--out {path}: cannot be written: {error.strerror}")


def _home_file() -> Path | None:
    """Return where a site of this machine keeps its latest whole evaluation; None where there is no site."""
    from germane.evaluate.results import FILE
    from germane.web.env import SettingError, find_home

    try:
        home = find_home()
    except SettingError as error:
        fail(str(error))
    return home / FILE if home.is_dir() else None


def _tell(report: "Report", out_file: Path) -> None:
    for what, why in report.skipped.items():
        err.print(f"SKIPPED {what}: {why}", markup=False)
    for name, trace in report.failed.items():
        err.print(f"FAILED {name}:\n{trace}", markup=False)
    if not report.measured:
        err.print("Nothing was measured.")
    err.print(f"The whole result is in {out_file}", markup=False)
