"""Turn one record's JSON into a typed Struct; a field of an unexpected type is dropped, never the whole record."""

import functools
import re
from collections.abc import Hashable
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

_MAX_MENDINGS = 64
_COMPLAINT = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?")
_STEP = re.compile(r"\.([^.\[]+)|\[(\.\.\.|\d+)\]")
_LONE_SURROGATE = re.compile(
    r"(?<!\\)((?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class UnreadableRecordError(ValueError):
    """The text is not one JSON value of the kind that was asked for."""

    permanent = True


def read_record(piece: str, kind: type[T]) -> T:
    """Return the record that `piece` holds. What is not of the declared type is dropped (a number becomes text).

    Raises UnreadableRecordError when it is no valid JSON, or not an object at all.
    """
    try:
        return cast("T", _decoder(cast("Hashable", kind)).decode(piece))
    except msgspec.ValidationError:
        return convert_record(read_json(piece), kind)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return convert_record(read_json(piece), kind)


def read_json(piece: str) -> Any:
    """Return the JSON value in `piece`; halves of surrogate pairs become U+FFFD.

    Raises UnreadableRecordError when it is no valid JSON.
    """
    try:
        return msgspec.json.decode(piece)
    except RecursionError as error:
        raise UnreadableRecordError("nested too deeply") from error
    except (msgspec.DecodeError, UnicodeEncodeError) as first:
        mended = _LONE_SURROGATE.sub(r"\1\\ufffd", piece.encode("utf-8", "replace").decode())
        try:
            return msgspec.json.decode(mended)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnreadableRecordError(f"not valid JSON: {first}") from error


def convert_record(value: Any, kind: type[T]) -> T:
    """Return decoded JSON as a `kind`, dropping what is not of the declared type.

    Raises UnreadableRecordError when it is not an object, or lacks a member that cannot be missing.
    """
    for _ in range(_MAX_MENDINGS):
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            complaint = _COMPLAINT.match(str(error))
            if complaint is None or not complaint["path"] or not _mend(value, complaint):
                raise UnreadableRecordError(str(error)) from error
    raise UnreadableRecordError("too many members of an unexpected type")


@functools.cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("type[Any]", kind))


def _mend(value: Any, complaint: re.Match[str]) -> bool:
    """Drop, in place, every member at the path complained of that has the wrong type; tell whether any was found."""
    steps = [name if name else None for name, _ in _STEP.findall(complaint["path"])]
    got = _TYPES.get(complaint["got"], (object,))
    to_text = "str" in complaint["wanted"] and complaint["got"] in ("int", "float")
    return _drop(value, steps, got, to_text=to_text)


def _drop(value: Any, steps: list[str | None], got: tuple[type, ...], *, to_text: bool) -> bool:
    step, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        keys = list(value) if step is None else [step] * (step in value)
    elif isinstance(value, list) and step is None:
        keys = list(range(len(value) - 1, -1, -1))
    else:
        return False
    found = False
    for key in keys:
        if rest:
            found |= _drop(value[key], rest, got, to_text=to_text)
        elif isinstance(value[key], got) and (bool in got or not isinstance(value[key], bool)):
            found = True
            if to_text:
                value[key] = str(value[key])
            else:
                del value[key]
    return found
