"""Take control characters out of what was parsed: no page, feed or export may carry them, and no name has one."""

import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

# As JSON writes them: C0 but tab and line ends as escapes, DEL and C1 as they are.
_ENCODED = re.compile(rb"\\u00[01][0-9a-f]|\x7f|\xc2[\x80-\x9f]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_encoder = msgspec.json.Encoder()


def without_controls(entry: T) -> T:
    """Return a record or item without control characters in any of its texts; usually that is itself."""
    encoded = _encoder.encode(entry)
    if encoded.isascii() and b"\\u00" not in encoded and b"\x7f" not in encoded:  # what most are, known at once
        return entry
    if not _ENCODED.search(encoded):
        return entry
    return msgspec.convert(_cleaned(msgspec.to_builtins(entry)), type(entry))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list | tuple):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {name: _cleaned(each) for name, each in value.items()}
    return value
