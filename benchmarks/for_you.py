"""What a fresh For you page costs: asked by a signed-in reader with about fifty likes, over a site that is there.

python -m benchmarks foryou --home HOME --likes CORPUS/readers/likes.jsonl.gz [--model FOLDER]

The site is only read; readers are made in a folder beside it, with likes that `germane synth` wrote. Each page is asked
for once. Without a model, lists are made of similar articles.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.recommending import read_likers

N_READERS = 100
GOAL_MS = 50.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks foryou", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the site's data: GERMANE_HOME")
    parser.add_argument("--likes", type=Path, required=True, help="the likes that `germane synth` wrote")
    parser.add_argument("--model", type=Path, help="a folder that `benchmarks recommend` trained a model into")
    given = parser.parse_args(arguments)
    if not (given.home / "germane.sqlite3").is_file() or not given.likes.is_file():
        sys.stdout.write("SKIPPED: there is no such site, or no such likes; python -m benchmarks.scale makes them\n")
        return
    some = [liked.tolist() for liked in read_likers(given.home, given.likes) if 40 <= len(liked) <= 60][:N_READERS]
    with tempfile.TemporaryDirectory(prefix="germane-bench-") as folder:
        for name in ("germane.sqlite3", "index", "secret-key"):
            (Path(folder) / name).symlink_to((given.home / name).resolve())
        if given.model:
            (Path(folder) / "recommend").symlink_to(given.model.resolve())
        os.environ |= {"GERMANE_HOME": folder, "DJANGO_SETTINGS_MODULE": "germane.web.settings"}
        times, n_shown = _ask(some)
    told = {
        "readers": len(some),
        "with_model": bool(given.model),
        "page_ms": statistics.median(times),
        "page_p90_ms": statistics.quantiles(times, n=10)[-1],
        "first_ms": times[0],
        "shown": n_shown / len(some),
        "is_reached": statistics.median(times) < GOAL_MS,
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


def _ask(some: Sequence[Sequence[int]]) -> tuple[list[float], int]:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", database="readers", verbosity=0)
    from germane.web.readers.models import Like, Reader

    times, n_shown, now = [], 0, datetime.now(UTC)
    for at, liked in enumerate(some):
        reader = Reader.objects.create(email=f"reader{at}@example.org")
        Like.objects.bulk_create([Like(reader=reader, article_id=number, liked_at=now) for number in liked])
        client = Client()
        client.force_login(reader)
        before = time.process_time()
        page = client.get("/you")
        times.append(1000 * (time.process_time() - before))
        if page.status_code != 200:
            raise SystemExit(f"the page answers {page.status_code}")
        n_shown += page.content.decode().count('name="dismiss"')
    return times, n_shown


if __name__ == "__main__":
    main()
