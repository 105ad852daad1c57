"""`germane serve` and `germane demo`."""

import errno
import os
from typing import TYPE_CHECKING, Annotated

import typer

from germane.cli.deriving import run_stages
from germane.cli.importing import counts_words
from germane.cli.preparing import prepare
from germane.cli.printing import fail, out

if TYPE_CHECKING:
    from germane.web.jobs.capacity import Processes

Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="The port to listen on.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core, as far as memory goes.")] = 0,
) -> None:
    """Serve the site."""
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 (these are no address that a link could name)
        os.environ.setdefault("GERMANE_BASE_URL", _site(host, port))
    prepare()
    from germane.web.jobs.serving import run_server

    _check_address(host, port)
    chosen = _choose(workers)
    told = f"Germane serves {_site(host, port)}/ with {chosen.words} (stop with Ctrl-C)"
    run_server(host, port, chosen, lambda: out.print(told))


def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Load the sample corpus, build the index and serve the site."""
    os.environ.setdefault("GERMANE_BASE_URL", _site(host, port))
    prepare()
    _check_address(host, port)
    from germane.sample import sample_files
    from germane.web.jobs.importing import import_files, sum_counts
    from germane.web.jobs.serving import best_address, run_server

    total = sum_counts(import_files([str(path) for path in sample_files()]))
    out.print(f"Sample corpus: {counts_words(total)}.")
    run_stages()
    article = best_address()

    def ready() -> None:
        out.print(f"Germane serves   {_site(host, port)}/")
        out.print(f"An article       {_site(host, port)}{article}")
        out.print("Stop with Ctrl-C.")

    run_server(host, port, _choose(0), ready)


def _choose(workers: int) -> "Processes":
    from django.conf import settings

    from germane.web.jobs.capacity import choose_processes, read_capacity

    return choose_processes(read_capacity(), settings.ENVIRONMENT.page_cache_mb, workers)


def _site(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _check_address(host: str, port: int) -> None:
    from germane.web.jobs.serving import check_address

    try:
        check_address(host, port)
    except OSError as error:
        is_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
        advice = f"Choose another port: PORT={max(port % 65535 + 1, 8001)}" if is_port else "Look at --host"
        fail(f"cannot listen on {_site(host, port)}/: {error.strerror}. {advice}")
