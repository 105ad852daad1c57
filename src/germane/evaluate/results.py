"""The result of an evaluation as a file: figures, with the date, the versions and the machine that they hold for."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from germane import __version__
from germane.files import written_whole

if TYPE_CHECKING:  # who only reads a result needs no arrays
    from germane.evaluate.report import Report

FILE = "evaluation.json"  # in a site's home: its latest whole evaluation
_PACKAGED = "latest.json"


class Measure(Struct, frozen=True):
    """A metric's value 0..1, and the 95 % interval of our value minus it; None for ourselves and for whole sets."""

    value: float
    germane_minus_this: tuple[float, float] | None = None


class Method(Struct, frozen=True):
    """One method on one collection."""

    task: str
    collection: str
    method: str
    n: int  # queries, documents or pairs
    cpu_s: float
    memory_mb: float
    metrics: Mapping[str, Measure]


class Result(Struct, frozen=True):
    """One evaluation. Skipped and failed tasks stand with their reasons."""

    at: str  # ISO 8601, UTC
    versions: Mapping[str, str]
    machine: Mapping[str, str]
    tasks: Sequence[str]
    is_held_out: bool  # asked of data that nothing was ever trained or tuned on
    values: Mapping[str, Any]  # task → collection → metric → method → value, 0..1
    details: Sequence[Method]
    skipped: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


def make_result(
    report: "Report", tasks: Sequence[str], versions: Mapping[str, str], *, is_held_out: bool, at: datetime
) -> Result:
    """Return what was measured with where and by what; `versions` are those that `read_versions` gives."""
    return Result(
        at=at.isoformat(timespec="seconds"),
        versions=versions,
        machine=_machine(),
        tasks=tuple(tasks),
        is_held_out=is_held_out,
        values=report.to_json(),
        details=[msgspec.convert(method, Method) for method in report.details()],
        skipped={what: _without_folders(why) for what, why in report.skipped.items()},
        failed={name: _without_folders(trace.splitlines()[-1]) for name, trace in report.failed.items()},
        seconds=dict(report.seconds),
    )


def read_versions() -> dict[str, str]:
    """Return the versions of all that figures depend on, the models that the package carries among them."""
    from germane.enrich.embedding import load_embedder
    from germane.enrich.keyphrases.model import load_model

    return {
        "germane": __version__,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "tantivy": version("tantivy"),
        "embedding": load_embedder().name,
        "keyphrases": load_model().version,
    }


def write_result(result: Result, path: Path) -> None:
    """Write a result beside its place and rename it, so that a page never reads half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")


def read_result(path: Path) -> Result | None:
    """Return the result that a file holds; None when there is none, or none of this form."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except (OSError, msgspec.DecodeError):
        return None


def packaged_result() -> Result | None:
    """Return the evaluation that this version was published with, None when it came with none."""
    packaged = files("germane.evaluate") / _PACKAGED
    return msgspec.json.decode(packaged.read_bytes(), type=Result) if packaged.is_file() else None


def _without_folders(text: str) -> str:
    """Return a reason without its files' folders: pages show it, and how a machine is laid out is nobody's matter."""
    return re.sub(r"(?<![^\s'\"(])[^\s:'\"(]*/", "", text)


def _machine() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count() or 1),
        "memory": f"{memory / 2**30:.0f} GiB" if memory else "",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor()
