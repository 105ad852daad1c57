"""How large files are that others may remove meanwhile."""

from pathlib import Path

from germane.index import IndexFailure, index_folder


def size_of_index(url: str, home: Path) -> int:
    """Return how many bytes the files of the index have together; 0 where there is none."""
    try:
        folder = index_folder(url, home)
    except IndexFailure:  # told by whoever opens it
        return 0
    return sum(size_of(path) for path in folder.rglob("*"))


def size_of(path: Path) -> int:
    """Return how many bytes a file has, 0 when it is not there: a writer of the index removes what it put together."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
