"""Answers of the real APIs, recorded by others, from the shared collections; nothing of them is in this repository."""

import base64
import gzip
import re
from pathlib import Path

from tests.replay.asking import Reply

_BINARY = re.compile(r"!!binary \|\n((?:        .*\n)+)")


def read_sample(shared: Path, name: str) -> Reply:
    """Return a file of the samples as an answer."""
    return Reply((shared / "samples" / name).read_bytes())


def read_cassette(shared: Path, name: str) -> list[Reply]:
    """Return the answers of a VCR cassette whose bodies are compressed."""
    text = (shared / "samples" / name).read_text(encoding="utf-8")
    return [Reply(gzip.decompress(base64.b64decode(body))) for body in _BINARY.findall(text)]
