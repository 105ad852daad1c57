"""`germane explain`: why two articles are similar, and why a phrase was chosen, feature by feature."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from germane.cli.preparing import prepare
from germane.cli.printing import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from germane.enrich.keyphrases import Explanation

app = typer.Typer(help="Print what a result is made of: every feature's value and share.", no_args_is_help=True)

ArticleName = Annotated[str, typer.Argument(help="A DOI, PMID, arXiv id, address or number of an article here.")]


@app.command()
def similar(one: ArticleName, other: ArticleName, as_json: Json = False) -> None:
    """Print what makes two articles alike."""
    prepare()
    from germane.index import IndexFailure
    from germane.web.jobs.explaining import explain_pair

    a, b = _article_id(one), _article_id(other)
    if a == b:
        fail("both are one article")
    try:
        explained = explain_pair(a, b)
    except IndexFailure as error:
        fail(str(error))
    if as_json:
        print_json(msgspec.to_builtins(explained))
        return
    out.print(f"{explained.title}\n  and  {explained.other_title}", markup=False)
    if not explained.shares:
        err.print("They have nothing in common that Germane can see.")
        return
    table = Table("feature", "what", box=None)
    for name in ("value", "weight", "share"):
        table.add_column(name, justify="right")
    for share in explained.shares:
        what = Text(share.what)  # somebody else's words, no markup of ours
        table.add_row(share.kind, what, f"{share.value:.3f}", f"{share.weight:.3f}", f"{100 * share.share:.1f} %")
    out.print(table)


@app.command()
def keyphrases(
    article: ArticleName,
    n: Annotated[int, typer.Option(min=1, max=20, help="How many phrases at most.")] = 5,
    as_json: Json = False,
) -> None:
    """Print what makes each keyphrase of an article score as it does, in log-odds."""
    prepare()
    from germane.web.jobs.explaining import explain_phrases

    explained = explain_phrases(_article_id(article), n)
    if as_json:
        print_json(msgspec.to_builtins(explained))
        return
    for phrase in explained:
        _print_phrase(phrase)
    if not explained:
        err.print("No keyphrases: the text says too little.")


def _print_phrase(phrase: "Explanation") -> None:
    table = Table("feature", title=Text(f"{phrase.phrase}  {phrase.score:.2f}"), title_justify="left", box=None)
    table.add_column("value", justify="right")
    table.add_column("share", justify="right")
    table.add_row("(every phrase)", "", f"{phrase.base:+.2f}")
    for name, share in sorted(phrase.shares.items(), key=lambda pair: -abs(pair[1])):
        value = f"{phrase.values[name]:.3g}" if name in phrase.values else ""
        table.add_row(name, value, f"{share:+.2f}")
    out.print(table)


def _article_id(text: str) -> int:
    """Return the number of the article that a person named; ends the command when nobody here has that name."""
    from germane.web.pages.addresses import locate_any

    located = locate_any(text)
    if located is None or located.place.is_deleted:
        fail(f"no article here is {text!r}")
    return located.place.article_id
