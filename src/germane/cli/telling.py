"""`germane alerts` and `germane views`: what readers are told, and how often pages are looked at."""

from datetime import timedelta
from typing import Annotated

import typer

from germane.cli.preparing import prepare
from germane.cli.printing import Json, err, out, print_json


def alerts(as_json: Json = False) -> None:
    """Tell readers what is new in what they follow, and by mail at once of what they like and was retracted."""
    prepare()
    told = tell_readers(quiet=True)
    if as_json:
        print_json(told)
    else:
        out.print(f"{told['alerts']:,} alerts, {told['mails']:,} mails.")


def tell_readers(*, quiet: bool = False) -> dict[str, int]:
    """Make alerts and send the mails that are due, and return how many. What is wrong with mails is printed."""
    from germane.web.jobs import alerting
    from germane.web.jobs.clock import now
    from germane.web.jobs.marking import move_marks

    move_marks()  # so that who liked or followed an article that was merged since is told of the other
    made = alerting.tell_readers(now())
    n_mails, failure = alerting.send_alerts(now())
    if failure:
        err.print(f"germane: {failure}. The mails wait; the next `germane work` sends them.", markup=False)
    if made.index_failure:
        err.print(f"germane: searches that readers follow were not asked: {made.index_failure}", markup=False)
    if made.n and not quiet:
        out.print(f"Readers were told of what is new: {made.n:,} alerts, {n_mails:,} mails.")
    return {"alerts": made.n, "mails": n_mails}


def views(
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days, today included.")] = 30,
    as_json: Json = False,
) -> None:
    """Say how often articles' pages were looked at by people, and which most: sums of each day, of nobody."""
    prepare()
    from germane.web.catalog.numbers import read_remembered
    from germane.web.jobs.clock import now
    from germane.web.readers.store.views import most_viewed, sum_views

    since = now().date() - timedelta(days=days - 1)
    most = most_viewed(since)
    articles = {one.article_id: one for one in read_remembered([number for number, _ in most])}
    listed = [
        {"views": n, "title": one.title, "address": one.line.address if one.line else ""}
        for number, n in most
        if (one := articles.get(number))
    ]
    total = sum_views(since)
    if as_json:
        print_json({"since": since.isoformat(), "views": total, "most": listed})
        return
    out.print(f"Since {since.isoformat()}: {total:,} views of articles’ pages.")
    for each in listed:
        out.print(f"{each['views']:>8,}  {each['title']}  {each['address']}", markup=False)
