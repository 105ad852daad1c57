"""`germane recommend`: train the recommender, make readers’ lists, send digests; `germane work` does all three."""

from typing import Annotated, Any

import typer
from msgspec.structs import asdict

from germane.cli.failures import describe_failure
from germane.cli.preparing import prepare
from germane.cli.printing import Json, err, fail, out, print_json
from germane.cli.progress import progress, row_progress

app = typer.Typer(name="recommend", help="Recommendations: train, make the readers' lists, send the digests.",
                  no_args_is_help=True)  # fmt: skip


@app.command()
def train(
    as_json: Json = False,
    force: Annotated[bool, typer.Option("--force", help="Train also when the last training is of today.")] = False,
) -> None:
    """Train with all likes when it is time; otherwise tell the model of the articles that came since."""
    prepare()
    trained = _tend(is_forced=force)
    if as_json:
        print_json(asdict(trained))
    elif trained.is_trained:
        out.print(f"Trained with {trained.n_likes:,} likes of {trained.n_articles:,} articles.")
    elif trained.is_too_few:
        out.print("There are too few likes for a model yet; recommended are articles similar to what a reader likes.")
    else:
        out.print(f"The model is of today; it was told of {trained.n_newcomers:,} new articles.")


@app.command()
def refresh(as_json: Json = False) -> None:
    """Make the lists of active readers that are older than 20 hours, for feeds and digests."""
    prepare()
    n = _refresh(quiet=as_json)
    if as_json:
        print_json({"lists": n})
    else:
        out.print(f"{n:,} lists.")


@app.command()
def digest(as_json: Json = False) -> None:
    """Send the digests that are due, at most ten mails a second."""
    prepare()
    from germane.web.jobs.clock import now
    from germane.web.jobs.digesting import send_digests
    from germane.web.readers.mailing import MailFailure

    try:
        sent = send_digests(now())
    except MailFailure as error:
        fail(f"{error}. What was not sent is due still: try again later.")
    if as_json:
        print_json({"sent": sent.n_sent, "refused": sent.n_refused, "nothing_new": sent.n_empty})
    else:
        out.print(f"{sent.n_sent:,} sent, {sent.n_refused:,} refused; nothing was new for {sent.n_empty:,}.")


def recommend_all(*, quiet: bool = False) -> dict[str, int]:
    """Do all three, and return how much of each; what is wrong with mails is printed."""
    from germane.web.jobs.clock import now
    from germane.web.jobs.digesting import send_digests
    from germane.web.readers.mailing import MailFailure

    trained = _tend()
    done = {"trained": int(trained.is_trained), "newcomers": trained.n_newcomers, "lists": _refresh(quiet=quiet)}
    try:
        done["digests"] = send_digests(now()).n_sent
    except MailFailure as error:
        err.print(f"germane: {error}. The digests wait; the next `germane work` sends them.", markup=False)
    return done


def tell_model() -> int:
    """Tell the model of articles that came since its training, so that they can be recommended; return how many."""
    from germane.index import IndexFailure
    from germane.web.jobs.training import tell_newcomers

    try:
        return tell_newcomers()
    except IndexFailure as error:
        fail(describe_failure(error))


def _tend(*, is_forced: bool = False) -> Any:
    from germane.index import IndexFailure
    from germane.web.jobs.clock import now
    from germane.web.jobs.training import tend_model

    try:
        return tend_model(now(), is_forced=is_forced)
    except IndexFailure as error:
        fail(describe_failure(error))


def _refresh(*, quiet: bool) -> int:
    from germane.web.jobs.clock import now
    from germane.web.jobs.refreshing import count_due, refresh_lists

    with progress(quiet) as bar:
        show = row_progress(bar, bar.add_task("Making readers' lists", total=None, rate=""))
        due = count_due(now())
        return refresh_lists(now(), lambda done: show(done, max(due, done)))
