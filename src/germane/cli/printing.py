"""What commands print: for people on consoles, for programs as one JSON value."""

import json
import sys
from typing import Annotated, NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]


def print_json(value: object) -> None:
    """Print one value as JSON on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with exit code 2."""
    err.print(f"germane: {message}", markup=False)
    raise typer.Exit(2)
