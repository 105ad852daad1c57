"""`germane import` and `germane rejects`."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from germane.cli.deriving import deriving_meanwhile, run_stages
from germane.cli.preparing import prepare
from germane.cli.printing import Json, err, fail, out, print_json
from germane.cli.progress import file_progress, progress
from germane.cli.recommending import tell_model
from germane.cli.telling import tell_readers

if TYPE_CHECKING:
    from germane.web.jobs.importing import Counts, FileReport


def import_(
    files: Annotated[list[str], typer.Argument(help="Files, folders, or - for standard input.")],
    format: Annotated[str, typer.Option(help="Do not look at the content: it is in this source's format.")] = "",
    later: Annotated[bool, typer.Option("--later", help="Only read; leave the stages to `germane work`.")] = False,
    as_json: Json = False,
) -> None:
    """Read files of article metadata and items, by content and not by name, plain or gzipped."""
    prepare()
    from germane.connectors import UnknownConnector, load_reader
    from germane.web.jobs.importing import import_steps, sum_counts
    from germane.web.jobs.parallel import Pool
    from germane.web.jobs.timing import Stopwatch

    if format:
        try:
            load_reader(format)
        except UnknownConnector as error:
            fail(f"--format: {error}")
    reports: list[FileReport] = []
    stages: dict[str, int] = {}
    told_readers: dict[str, int] = {}
    pool = Pool()
    watch = Stopwatch(pool)
    try:
        with pool, progress(as_json) as bar:
            show = file_progress(bar, bar.add_task("", total=None, rate="", is_bytes=True))
            read = watch.watch("import", import_steps(files, show, format, pool=pool))
            for report in read if later else deriving_meanwhile(read, watch, pool, stages, bar):
                if report.is_done:
                    reports.append(report)
                    if not as_json:
                        _print_report(report)
        total = sum_counts(reports)
        if not as_json:
            _print_total(total, reports)
        if not later:  # with processes of their own: those that read hold memory which relating needs
            run_stages(quiet=as_json, done=stages, watch=watch)
            told_readers = tell_readers(quiet=as_json)
            tell_model()
    finally:  # what was read is told even when a stage fails
        if as_json:
            told = [msgspec.to_builtins(r) for r in reports]
            timings = msgspec.to_builtins(watch.timings)
            total = sum_counts(reports)
            more = {"files": told, "stages": stages, "timings": timings, "told": told_readers}
            print_json({**msgspec.structs.asdict(total), **more})
    if not total.read:
        if not as_json:
            err.print("Nothing could be read.")
        raise typer.Exit(1)


def rejects(
    replay: Annotated[bool, typer.Option("--replay", help="Try them again, as after an upgrade.")] = False,
    as_json: Json = False,
) -> None:
    """List the records that could not be understood, with file, position and reason; or replay them."""
    prepare()
    from germane.web.catalog.store.ledger import read_rejects
    from germane.web.jobs.importing import replay_rejects

    if replay:
        counts = replay_rejects()
        if as_json:
            print_json(msgspec.structs.asdict(counts))
        else:
            out.print(f"{counts.read} replayed: {counts_words(counts)}")
        if counts.new or counts.changed:
            run_stages(quiet=as_json)
        return
    after, listed = 0, []
    while found := read_rejects(after):
        after = found[-1].id
        for reject in found:
            if as_json:
                listed.append(msgspec.to_builtins(reject))
            else:
                line = f", line {reject.line}" if reject.line else ""
                out.print(
                    f"{reject.file}: record {reject.position}{line} ({reject.source}): {reject.reason}", markup=False
                )
    if as_json:
        print_json(listed)
    elif not after:
        out.print("There are no rejects.")


def counts_words(counts: "Counts") -> str:
    """Return what an import came to as a sum."""
    return (
        f"{counts.read:,} read = {counts.new:,} new + {counts.changed:,} changed + {counts.unchanged:,} unchanged"
        f" + {counts.rejected:,} rejected"
    )


def _print_report(report: "FileReport") -> None:
    if report.error and not report.counts.read:
        err.print(f"{report.file}: skipped: {report.error}", markup=False)
        return
    resumed = f", resumed after record {report.resumed_at}" if report.resumed_at else ""
    out.print(f"{report.file}: {report.format}{resumed}: {counts_words(report.counts)}", markup=False)
    if report.error:
        err.print(f"{report.file}: not read to its end: {report.error}", markup=False)


def _print_total(total: "Counts", reports: "list[FileReport]") -> None:
    seconds = sum(r.seconds for r in reports)
    n_read = total.read - sum(r.resumed_at for r in reports)
    rate = f", {n_read / seconds:,.0f} records/s" if n_read > 0 and seconds > 0 else ""
    files = f"{len(reports)} file{'s' if len(reports) != 1 else ''}"
    out.print(f"{files} in {seconds:.1f} s{rate}: {counts_words(total)}")
    if total.rejected:
        out.print("`germane rejects` lists what was rejected, and why.")
