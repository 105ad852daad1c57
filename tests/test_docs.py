"""What readers of the documentation rely on exists: every setting, command and format has its heading."""

import re
from pathlib import Path

import pytest
import typer.main

from germane.cli import app
from germane.connectors import READERS, load_reader
from germane.harvest.choosing import SOURCES
from germane.web.env import Environment

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def headings(name: str) -> str:
    return "\n".join(line for line in (DOCS / name).read_text().splitlines() if line.startswith("#"))


@pytest.mark.parametrize("name", [*(f.upper() for f in Environment.__struct_fields__), "SHARED"])
def test_every_setting_has_its_heading(name: str) -> None:
    assert f"GERMANE_{name}\n" in headings("configure.md") + "\n"


@pytest.mark.parametrize("name", sorted(typer.main.get_command(app).commands))  # type: ignore[attr-defined]
def test_every_command_has_its_heading(name: str) -> None:
    assert f"### germane {name}\n" in headings("operate.md") + "\n"


@pytest.mark.parametrize("name", READERS)
def test_every_reader_has_its_heading(name: str) -> None:
    own_name = load_reader(name).NAME
    assert own_name == name
    assert re.search(rf"^#+ .*`{name}`", headings("formats.md"), re.MULTILINE), (
        f"docs/formats.md has no heading with `{name}`"
    )


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_has_its_heading_with_limits_terms_and_licence(name: str) -> None:
    _, found, after = (DOCS / "sources.md").read_text().partition(f"(`{name}`)\n")
    assert found, f"docs/sources.md has no heading with `{name}`"
    section = after.partition("\n## ")[0]
    for word in ("Brings", "Key", "Limits", "Terms", "Abstracts", "Deletion"):
        assert f"**{word}**" in section, f"docs/sources.md does not tell {word} of {name}"


@pytest.mark.parametrize("page", sorted(p.relative_to(ROOT) for p in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]))
def test_every_link_between_documents_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text()):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


def test_the_readmes_commands_are_in_the_makefile() -> None:
    commands = re.findall(r"^make ([a-z]+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands == ["demo", "test"]
    makefile = (ROOT / "Makefile").read_text()
    for command in commands:
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
