"""Find where a JSON value ends, which containers it holds and where it breaks, without building anything from it."""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

MAX_DEPTH = 512  # deeper nesting is hostile: no source's record reaches 20

_QUICK_CHARS = 262_144  # no more is looked through quickly: a text full of open braces must not cost its square

_STRING = r'"[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+"'
STRING = re.compile(_STRING)
_TOKEN = re.compile(
    r"[ \t\r\n]*+(?:(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|(?P<colon>:)"
    rf"|(?P<string>{_STRING})|(?P<atom>(?:-?\d[\d.eE+-]*+|true|false|null)(?![\w.+-])))"
)
_STRUCTURE = re.compile(r"[\"{}\[\]]")
_STRING_REST = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*+")
# What may still become a token once more text has come: an open string, or a word cut short.
_UNFINISHED = re.compile(r'[ \t\r\n]*+(?:"[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+\\?|[-\w.+]*+)\Z')
_CLOSER = {"{": "}", "[": "]"}


def _nested_braces(depth: int) -> re.Pattern[str]:
    """Return a pattern for a span with balanced braces, `depth` deep; it does not know about strings."""
    pattern = r"\{[^{}]*+\}"
    for _ in range(depth):
        pattern = rf"\{{(?:[^{{}}]++|{pattern})*+\}}"
    return re.compile(pattern)


# Runs inside the regex engine, several times faster than a walk over tokens. Braces inside strings can mislead it,
# so what it finds counts only when `is_object` agrees: no valid JSON object is a prefix of another.
BALANCED = _nested_braces(12)
_VALIDATOR = msgspec.json.Decoder(msgspec.Raw)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Scan(Struct, frozen=True):
    """What a walk over one value met."""

    outcome: Literal["end", "container", "broken", "unfinished"]
    position: int  # just after the value, just after the container's "[", or where it breaks
    error: str = ""
    closers: str = ""  # the brackets still open, outermost first
    members: tuple[tuple[str, str], ...] = ()  # the value's own keys, each with its scalar's text, or "{" or "["


def is_object(text: str) -> bool:
    """Tell whether `text` is one valid JSON value."""
    try:
        _VALIDATOR.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return True


def keys_of(text: str) -> frozenset[str]:
    """Return the keys of a JSON object; none when `text` is not one."""
    try:
        return frozenset(_MEMBERS.decode(text))
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return frozenset()


def skip_space(data: str, position: int) -> int:
    """Return the position of the next character that is not JSON white space."""
    match = _SPACE.match(data, position)
    return match.end() if match else position


def balanced_object(data: str, position: int) -> int:
    """Return the end of the valid object that begins here, or -1 when the quick look cannot tell."""
    match = BALANCED.match(data, position, position + _QUICK_CHARS)
    return match.end() if match and is_object(match.group()) else -1


def object_end(data: str, position: int) -> int:
    """Return the end of the valid object that begins here, or -1 when there is none."""
    end = balanced_object(data, position)
    if end < 0 and data[position : position + 1] == "{":
        scan = walk(data, position)
        end = scan.position if scan.outcome == "end" and is_object(data[position : scan.position]) else -1
    return end


def walk(data: str, position: int, containers: Sequence[str] = (), *, closers: str = "", final: bool = True) -> Scan:
    """Walk strictly over the value that begins at `position` and tell where it ends, or what is wrong with it.

    Stops just inside the first array whose dotted path is among `containers`. With `closers` the walk begins where a
    value has just ended, inside those brackets. `final` tells that no more text will come.
    """
    stack = list(closers)
    path: list[str] = [""] * len(stack)
    members: list[tuple[str, str]] = []
    # What may come next: a value, a key, a colon; "k]" and "v]" also take the closing bracket of an empty container.
    expect = "," if stack else "v"

    def stop(outcome: Literal["end", "container", "broken", "unfinished"], at: int, error: str = "") -> Scan:
        return Scan(outcome, at, error, "".join(stack), tuple(members))

    while True:
        token = _TOKEN.match(data, position)
        if token is None:
            if not final and _UNFINISHED.match(data, position):
                return stop("unfinished", position)
            at = skip_space(data, position)
            return stop("unfinished" if at >= len(data) else "broken", at, _complaint(data, at, expect))
        kind, at = token.lastgroup, token.start(token.lastgroup or 0)
        position = token.end()
        if kind == "atom" and position == len(data) and not final:
            return stop("unfinished", at)
        if kind == "close":
            if expect not in (",", "k]", "v]") or not stack or stack[-1] != data[at]:
                return stop("broken", at, _complaint(data, at, expect))
            stack.pop()
            path.pop()
            if not stack:
                return stop("end", position)
            expect = ","
        elif kind == "comma":
            if expect != ",":
                return stop("broken", at, _complaint(data, at, expect))
            expect = "k" if stack[-1] == "}" else "v"
        elif kind == "colon":
            if expect != ":":
                return stop("broken", at, _complaint(data, at, expect))
            expect = "v"
        elif kind == "string" and expect in ("k", "k]"):
            path[-1] = data[at + 1 : position - 1]
            expect = ":"
        elif expect in ("v", "v]"):
            if len(stack) == 1 and stack[0] == "}":
                members.append((path[0], data[at:position]))
            if kind == "open":
                if len(stack) >= MAX_DEPTH:
                    return stop("broken", at, f"nested more than {MAX_DEPTH} deep")
                if data[at] == "[" and stack and ".".join(path) in containers:
                    stack.append("]")
                    return stop("container", position)
                stack.append(_CLOSER[data[at]])
                path.append("")
                expect = "k]" if data[at] == "{" else "v]"
            elif stack:
                expect = ","
            else:
                return stop("end", position)
        else:
            return stop("broken", at, _complaint(data, at, expect))


class Skip(Struct):
    """How far a skip over a value has come; `depth` 0 tells that the value has ended."""

    position: int
    depth: int = 0
    in_string: bool = False


def skip_structure(data: str, skip: Skip) -> None:
    """Take `skip` on over text by its brackets alone, to the end of the value or of `data`."""
    while True:
        if skip.in_string:
            rest = _STRING_REST.match(data, skip.position)
            skip.position = rest.end() if rest else len(data)
            if skip.position >= len(data) or data[skip.position] != '"':
                return
            skip.position, skip.in_string = skip.position + 1, False
        bracket = _STRUCTURE.search(data, skip.position)
        if bracket is None:
            skip.position = len(data)
            return
        skip.position = bracket.end()
        if bracket.group() == '"':
            skip.in_string = True
        elif bracket.group() in "{[":
            skip.depth += 1
        else:
            skip.depth -= 1
            if skip.depth <= 0:
                return


def _complaint(data: str, at: int, expect: str) -> str:
    wanted = {"v": "a value", "v]": "a value or ]", "k": "a key", "k]": "a key or }", ":": "a colon", ",": "a comma"}
    if at >= len(data):
        return f"the text ends where {wanted[expect]} should come"
    if data[at] == '"' and not STRING.match(data, at):
        return f"a string is not closed, or holds a raw line break or control character: {data[at : at + 20]!r}"
    return f"{wanted[expect]} is missing: there is {data[at : at + 20]!r}"
