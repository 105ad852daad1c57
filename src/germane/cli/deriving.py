"""What is derived: `germane work`, `germane rebuild`, `germane keyphrases`, and how the stages run."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.progress import Progress

from germane.cli.failures import describe_failure
from germane.cli.preparing import prepare
from germane.cli.printing import Json, err, fail, out, print_json
from germane.cli.progress import progress, row_progress
from germane.cli.recommending import recommend_all
from germane.cli.telling import tell_readers

if TYPE_CHECKING:
    from germane.web.jobs.importing import FileReport
    from germane.web.jobs.parallel import Pool
    from germane.web.jobs.stages import Stage
    from germane.web.jobs.timing import Stopwatch


def work(as_json: Json = False) -> None:
    """Bring everything derived up to date: keyphrases, index, similar articles, shelves, likes; tell readers."""
    prepare()
    from germane.web.jobs.clock import now
    from germane.web.jobs.marking import tend_marks
    from germane.web.readers.tidying import tidy_readers

    stages = run_stages(quiet=as_json)
    tended = tend_marks(now())
    stages |= {"marks": tended.n_moved, "likes": tended.n_recounted}
    stages |= tell_readers(quiet=as_json)
    stages |= recommend_all(quiet=as_json)
    tidy_readers(now())
    if as_json:
        print_json(stages)


def rebuild(
    what: Annotated[
        str, typer.Argument(help="articles, keyphrases, embeddings, index, similar, shelves, counts, or all")
    ] = "all",
    as_json: Json = False,
) -> None:
    """Make what is derived again from the records and items that are kept, while the site is served."""
    prepare()
    from germane.index import IndexFailure
    from germane.web.jobs.rebuilding import REBUILDS, Step, read_state
    from germane.web.jobs.rebuilding import rebuild as run_rebuild

    if what not in REBUILDS:
        fail(f"{what!r} cannot be rebuilt; choose one of {', '.join(REBUILDS)}")
    if (left := read_state()) and left.what == what and not as_json:
        out.print("Going on with the rebuild that was interrupted.")
    done: dict[str, int] = {}
    with progress(as_json) as bar:

        def start(step: "Step") -> Callable[[int, int], None]:
            return row_progress(bar, bar.add_task(step.title, total=None, rate=""))

        try:
            for step, n in run_rebuild(what, start):
                if not step.name.startswith("stale"):
                    done[step.name] = done.get(step.name, 0) + n
        except IndexFailure as error:
            fail(describe_failure(error))
    for name, n in run_stages(quiet=as_json).items():  # what has changed meanwhile
        done[name] = done.get(name, 0) + n
    if as_json:
        print_json(done)


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

    title, abstract = _title_and_abstract(_read(file))
    title, abstract = (plain_text(clean_markup(part, block=True)) for part in (title, abstract))
    found = extract_keyphrases(title, abstract, n=n, language=detect_language(f"{title} {abstract}") or "en")
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    for phrase in found:
        unsaid = "  (not in the text)" if phrase.where == "topic" else ""
        out.print(f"{phrase.score:.2f}  {phrase.phrase}{unsaid}", markup=False)
    if not found:
        err.print("No keyphrases: the text says too little.")


def deriving_meanwhile(
    read: "Iterator[FileReport]", watch: "Stopwatch", pool: "Pool", done: dict[str, int], bar: Progress
) -> "Iterator[FileReport]":
    """Yield the reports of an import while what it brings is enriched and indexed; counted in `done`."""
    from germane.index import IndexFailure
    from germane.web.catalog.store.indexes import leave_out_indexes
    from germane.web.jobs import renewing, stages
    from germane.web.jobs.pipeline import interleave

    brought: dict[str, int] = {}  # by each file
    show = row_progress(bar, bar.add_task("Finding keyphrases, indexing", total=None, rate=""))

    def counted() -> "Iterator[FileReport]":
        for report in read:
            brought[report.file] = report.counts.new + report.counts.changed
            yield report

    def derive() -> Iterator[int]:
        renewing.mark_outdated()  # not before: where the index is broken, what is read is kept all the same
        for step in watch.watch("derive", stages.derive_steps(pool), count=max):
            done["enrich"] = done.get("enrich", 0) + step.n_enriched
            done["index"] = done.get("index", 0) + step.n_indexed
            show(done["index"], max(sum(brought.values()), done["index"]))
            yield max(step)

    try:
        leave_out_indexes()
        yield from interleave(counted(), derive)
    except IndexFailure as error:
        fail(describe_failure(error))


def run_stages(
    *, quiet: bool = False, done: dict[str, int] | None = None, watch: "Stopwatch | None" = None
) -> dict[str, int]:
    """Run the stages; `done` is filled while they run, for who wants to know how far they came."""
    from germane.index import IndexFailure
    from germane.web.jobs import stages

    done = {} if done is None else done
    with progress(quiet) as bar:

        def start(stage: "Stage") -> Callable[[int, int], None]:
            return row_progress(bar, bar.add_task(stage.title, total=None, rate=""))

        try:
            for stage, n in stages.run_stages(start, watch):
                done[stage.name] = done.get(stage.name, 0) + n
        except IndexFailure as error:
            fail(describe_failure(error))
    return done


def _read(file: str) -> str:
    """Return a file's text, compressed or not, in whatever encoding; "" of an empty one."""
    from germane.reading import ReadingError
    from germane.reading.opening import find_files, open_text

    if Path(file).is_dir():
        fail(f"{file}: a folder; name a file")
    [source] = find_files([file])
    try:
        with source.open() as stream:
            text = open_text(stream, name=source.name)
            return "".join(text.chunks())
    except ReadingError as error:
        if str(error).endswith("the file is empty"):
            return ""
        fail(str(error))


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
