"""`germane synth`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from germane.cli.printing import Json, fail, out, print_json
from germane.cli.progress import progress, row_progress


def synth(
    articles: Annotated[int, typer.Option(help="How many articles the corpus has.")],
    folder: Annotated[Path, typer.Option("--out", help="Where to write it: a folder that is empty or not there yet.")],
    seed: Annotated[int, typer.Option(help="Another seed gives another corpus; the same gives the same bytes.")] = 1,
    update: Annotated[int, typer.Option(help="Write a day's update of so many records to that corpus instead.")] = 0,
    processes: Annotated[int, typer.Option(help="How many processes make it; 0: one a core.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Write over a corpus that is in the folder.")] = False,
    as_json: Json = False,
) -> None:
    """Write a synthetic corpus of any size: articles as four sources give them, items, readers, and what is true."""
    from germane.synth import SynthError
    from germane.synth.corpus import Corpus
    from germane.synth.making import synthesize

    if update < 0 or processes < 0:
        fail("--update and --processes cannot be negative")
    try:
        with progress(as_json) as bar:
            show = row_progress(bar, bar.add_task("", total=None, rate=""))
            manifest = synthesize(
                Corpus(articles, seed),
                folder,
                n_update=update,
                processes=processes or len(os.sched_getaffinity(0)),
                force=force,
                on_progress=show,
            )
    except SynthError as error:
        fail(str(error))
    if as_json:
        print_json(manifest)
        return
    records = ", ".join(f"{n:,} {name}" for name, n in manifest["records"].items())
    out.print(f"{folder}: {manifest['made']:,} synthetic articles: {records} records")
    out.print(f"{manifest['duplicates']:,} articles twice, {manifest['items']:,} items, {manifest['likes']:,} likes")
