"""`germane readers`: what an operator has to do with accounts now and then."""

from typing import Annotated, Any

import typer
from msgspec.structs import asdict

from germane.cli.preparing import prepare
from germane.cli.printing import Json, fail, out, print_json

app = typer.Typer(name="readers", help="Readers' accounts: how many there are, export one, delete one, tidy.",
                  no_args_is_help=True)  # fmt: skip
Address = Annotated[str, typer.Argument(help="The reader's e-mail address.", show_default=False)]


@app.command()
def count(as_json: Json = False) -> None:
    """Say how many accounts and likes there are."""
    prepare()
    from allauth.account.models import EmailAddress

    from germane.web.readers.models import Like, Reader

    found = {
        "accounts": Reader.objects.count(),
        "confirmed": EmailAddress.objects.filter(verified=True).values("user").distinct().count(),
        "likes": Like.objects.count(),
    }
    if as_json:
        print_json(found)
    else:
        told = "{accounts:,} accounts, {confirmed:,} with a confirmed address; {likes:,} likes."
        out.print(told.format(**found))


@app.command()
def export(address: Address) -> None:
    """Print everything that is kept of a reader, as JSON."""
    reader = _find(address)
    from django.utils import timezone

    from germane.web.readers.exporting import export_reader

    print_json(export_reader(reader, timezone.now()))


@app.command()
def delete(
    address: Address, yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False
) -> None:
    """Delete a reader's account with everything in it, for good."""
    reader = _find(address)
    if not yes and not typer.confirm(f"Delete the account of {reader.email} with everything in it, for good?"):
        raise typer.Exit(1)
    from germane.web.readers.deleting import delete_reader

    removed = delete_reader(reader)
    out.print(f"The account is deleted: {sum(removed.values()):,} rows.")


@app.command()
def tidy(as_json: Json = False) -> None:
    """Forget ended sessions, accounts whose address nobody confirmed for a week, and counters of limits."""
    prepare()
    from django.utils import timezone

    from germane.web.readers.tidying import tidy_readers

    found = tidy_readers(timezone.now())
    if as_json:
        print_json(asdict(found))
    else:
        out.print(
            f"Forgotten: {found.n_sessions:,} sessions, {found.n_unconfirmed:,} accounts without a confirmed address."
        )


def _find(address: str) -> Any:
    prepare()
    from germane.web.readers.models import Reader

    reader = Reader.objects.filter(email__iexact=address).first()
    if reader is None:
        fail(f"nobody here has the address {address}")
    return reader
