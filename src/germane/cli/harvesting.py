"""`germane harvest`, `germane sources` and `germane article`: what live sources have, into this site."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from germane.cli.deriving import deriving_meanwhile, run_stages
from germane.cli.importing import counts_words
from germane.cli.preparing import prepare
from germane.cli.printing import Json, err, fail, out, print_json
from germane.cli.progress import progress
from germane.cli.telling import tell_readers

if TYPE_CHECKING:
    from germane.harvest import LiveSource
    from germane.web.jobs.harvesting import Harvest, Wanted

Day = Annotated[str, typer.Option(help="A day, YYYY-MM-DD; it is included.", show_default=False)]


def harvest(
    source: Annotated[str, typer.Argument(help="A source's name, or all: what brings this site up to date.")],
    since: Day = "",
    until: Day = "",
    query: Annotated[str, typer.Option(help="Narrow it, in the source's own words.", show_default=False)] = "",
    ids: Annotated[str, typer.Option(help="Only these: DOIs and the like, separated by spaces or commas.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="End after about so many records; 0 is no limit.")] = 0,
    later: Annotated[bool, typer.Option("--later", help="Only read; leave the stages to `germane work`.")] = False,
    as_json: Json = False,
) -> None:
    """Ask a live source for what is new, and import it; what was cut off goes on."""
    prepare()
    from germane.web.jobs import clock
    from germane.web.jobs.harvesting import Wanted, wanted_today

    live = _sources()
    today = clock.now().date()
    if source == "all":
        if since or until or query or ids:
            fail("--since, --until, --query and --ids are for one source; its daily settings: GERMANE_SOURCES")
        jobs = [(s, wanted_today(s, today)) for s in live.values() if s.is_on and s.daily]
    else:
        if source not in live:
            fail(f"there is no source called {source!r}; known are all, {', '.join(live)}")
        chosen = live[source]
        names = _names(chosen, ids)
        first, last = _days(chosen, since, until, today, needed=not names and not query)
        jobs = [(chosen, Wanted(first, last, query, names, limit))]
    found = _run(jobs, later=later, quiet=as_json)
    if as_json:
        print_json([msgspec.to_builtins(one) for one in found])
    if any(one.error for one in found):
        raise typer.Exit(1)


def article(
    name: Annotated[str, typer.Argument(help="A DOI, a PubMed or arXiv number, or an address of one.")],
    as_json: Json = False,
) -> None:
    """Ask all sources now for one article."""
    prepare()
    from germane.identifiers import identify, key_of
    from germane.web.jobs.harvesting import Wanted

    identifier = identify(name)
    if identifier is None:
        fail(f"{name!r} names no article; expected a DOI such as 10.1234/abc, a PubMed or an arXiv number")
    asked = [s for s in _sources().values() if s.is_on and identifier.scheme in s.LOOKS_UP]
    if not asked:
        fail(f"no source can be asked for the scheme {identifier.scheme}")
    found = _run([(s, Wanted(ids=(key_of(identifier),), is_urgent=True)) for s in asked], later=False, quiet=as_json)
    if as_json:
        print_json([msgspec.to_builtins(one) for one in found])
    if not any(one.counts.read for one in found):
        if not as_json:
            err.print("No source knows it.")
        raise typer.Exit(1)


def sources(as_json: Json = False) -> None:
    """List the sources: last success, how far, what is left of today's budget, and failures with their reason."""
    prepare()
    from germane.web.jobs.harvesting_health import read_reports

    reports = read_reports(_sources().values())
    if as_json:
        print_json([msgspec.to_builtins(report) for report in reports])
        return
    for report in reports:
        out.print(f"{report.source}: {report.words}", markup=False)
        if report.error:
            out.print(f"  failed {report.error_at or ''}: {report.error}", markup=False)


def _run(jobs: "list[tuple[LiveSource, Wanted]]", *, later: bool, quiet: bool) -> "list[Harvest]":
    from django.conf import settings

    from germane.web import wiring
    from germane.web.jobs.harvesting import Busy, Harvest, harvest_steps
    from germane.web.jobs.parallel import Pool
    from germane.web.jobs.timing import Stopwatch

    found: list[Harvest] = []
    stages: dict[str, int] = {}
    client = wiring.fetch_client()
    folder = settings.ENVIRONMENT.home / "harvest"
    pool = Pool()
    watch = Stopwatch(pool)
    with pool, progress(quiet) as bar:
        for source, wanted in jobs:
            one = Harvest(source.NAME)
            found.append(one)
            steps = harvest_steps(source, wanted, client, folder, pool, one)
            read = watch.watch("harvest", steps)
            try:
                for _ in read if later else deriving_meanwhile(read, watch, pool, stages, bar):
                    pass
            except Busy as error:
                one.error = str(error)
            if not quiet:
                _print(one)
    if not later and any(one.counts.new or one.counts.changed for one in found):
        run_stages(quiet=quiet, done=stages, watch=watch)
        tell_readers(quiet=quiet)
    return found


def _print(one: "Harvest") -> None:
    told = f"{one.windows} windows, {one.pages} pages"
    told += f", {one.skipped} windows were done before" if one.skipped else ""
    out.print(f"{one.source}: {told}: {counts_words(one.counts)}", markup=False)
    if one.error:
        when = f" Try again after {one.retry_at:%Y-%m-%d %H:%M} UTC." if one.retry_at else ""
        kept = "" if one.permanent else " What came is kept; run the same command again to go on."
        err.print(f"{one.source}: {one.error}.{when}{kept}", markup=False)


def _sources() -> "dict[str, LiveSource]":
    from django.conf import settings

    from germane.harvest.choosing import load_sources

    environment = settings.ENVIRONMENT
    return {source.NAME: source for source in load_sources(environment.sources, environment.contact)}


def _names(source: "LiveSource", ids: str) -> tuple[str, ...]:
    from germane.identifiers import identify, key_of, normalize_orcid

    names = []
    for text in ids.replace(",", " ").split():
        orcid = normalize_orcid(text)
        found: Any = identify(text)
        key = f"orcid:{orcid}" if orcid and "orcid" in source.LOOKS_UP else key_of(found) if found else ""
        if not key or key.partition(":")[0] not in source.LOOKS_UP:
            fail(f"--ids: {source.NAME} cannot be asked for {text!r}; it knows {', '.join(source.LOOKS_UP) or 'none'}")
        names.append(key)
    return tuple(dict.fromkeys(names))


def _days(source: "LiveSource", since: str, until: str, today: date, *, needed: bool) -> tuple[str, str]:
    from germane.web.jobs.harvesting import wanted_today

    if not source.HAS_WINDOWS:
        if until:
            fail(f"--until: {source.NAME} cannot be asked for days")
        return _day("--since", since), ""
    if not since and not until and not needed:
        return "", ""
    first = _day("--since", since) or wanted_today(source, today).since
    last = _day("--until", until) or today.isoformat()
    if first > last:
        fail(f"--since {first} comes after --until {last}")
    return first, last


def _day(option: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        fail(f"{option}: {text!r} is no day; expected YYYY-MM-DD")
