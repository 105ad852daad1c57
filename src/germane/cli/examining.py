"""`germane doctor`."""

from typing import Annotated

import typer

from germane.cli.printing import Json, out, print_json

_COLORS = {"note": "blue", "warning": "yellow", "error": "red"}


def doctor(
    deep: Annotated[
        bool, typer.Option("--deep/--quick", help="Read everything, which takes minutes; else a few seconds.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended without a risk.")] = False,
    as_json: Json = False,
) -> None:
    """Find what is wrong with the site and its machine, and say what to do: exit code 0 fine, 1 warnings, 2 errors."""
    from germane.web.jobs.doctor.examining import examine, exit_code

    findings = []
    for finding in examine(is_deep=deep, with_fix=fix):
        findings.append(finding)
        if not as_json:
            color = "green" if finding.is_fixed else _COLORS[finding.level]
            level = "fixed" if finding.is_fixed else finding.level
            out.print(f"[{color}]{level}[/{color}]", end=" ")
            out.print(f"{finding.code}: {finding.what}", markup=False)
            out.print(f"  {finding.why}", markup=False)
            if not finding.is_fixed:
                out.print(f"  To do: {finding.advice}", markup=False)
    code = exit_code(findings)
    if as_json:
        names = ("code", "level", "what", "why", "advice", "is_fixed")
        print_json({"exit_code": code, "findings": [{n: getattr(f, n) for n in names} for f in findings]})
    elif not any(f.level != "note" and not f.is_fixed for f in findings):
        out.print("All is well.")
    raise typer.Exit(code)
