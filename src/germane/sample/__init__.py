"""The sample corpus: real articles with their true facts, and summaries in our own words."""

from pathlib import Path


def sample_files() -> list[Path]:
    """Return the sample corpus's files, in our own JSON lines."""
    return sorted(Path(__file__).parent.glob("*.jsonl"))
