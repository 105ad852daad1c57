"""The command line: `germane import`, `germane serve` and the rest."""

import sys
from typing import Annotated

import typer

from germane import __version__
from germane.cli import (
    deriving,
    evaluating,
    examining,
    explaining,
    harvesting,
    importing,
    keeping,
    readers,
    recommending,
    serving,
    synthesizing,
    telling,
)
from germane.cli.printing import err, out

app = typer.Typer(
    name="germane",
    help="One dashboard page for every academic article, with everything around it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_INTERRUPTED = 130  # 128 and the number of SIGINT, as shells say it


def main() -> None:
    """Run the command line; an interruption is a way to stop, not an error to trace."""
    try:
        app()
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            err.print("Interrupted. What was done is kept; run the same command again to go on.")
        raise
    except Exception as error:
        from germane.cli.failures import describe_failure

        if not (said := describe_failure(error)):
            raise
        err.print(f"germane: {said}", markup=False)
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        out.print(__version__)
        raise typer.Exit


app.command(name="import")(importing.import_)
app.command()(importing.rejects)
app.command()(harvesting.harvest)
app.command()(harvesting.article)
app.command()(harvesting.sources)
app.command()(deriving.keyphrases)
app.command()(deriving.work)
app.command()(deriving.rebuild)
app.command()(telling.alerts)
app.command()(telling.views)
app.command()(examining.doctor)
app.command()(keeping.backup)
app.command()(keeping.restore)
app.command()(evaluating.evaluate)
app.add_typer(explaining.app, name="explain")
app.add_typer(readers.app, name="readers")
app.add_typer(recommending.app, name="recommend")
app.command()(serving.serve)
app.command()(serving.demo)
app.command()(synthesizing.synth)
