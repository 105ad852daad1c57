"""Take a person's name apart, in the ways in which sources write it in one string."""

import re

from germane.article import Author

_PARTICLES_TEXT = """
af al ap av ben bin da dal de dei del della den der des di dos du el i la las le les los mac 't ten ter van vom von y zu
zum zur
"""
_PARTICLES = frozenset(_PARTICLES_TEXT.split())
_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv|jnr|snr|junior|senior)\.?", re.IGNORECASE)
_INITIALS = re.compile(r"[A-Z](?:[-. ]{0,2}[A-Z]){0,4}\.?")
# Words that only a group's name has; a person is not called so.
_GROUP_TEXT = """
academy agency association board center centre collaboration collaborators college commission committee consortium
council department fakultat fakultät faculty federation force foundation group initiative institut institute institution
instituto investigators ministry network office organisation organization panel program programme project society study
team trial univ univ. universidad universidade universita università universitat universität universite université
university
"""
_GROUP = frozenset(_GROUP_TEXT.split())


def read_name(text: str) -> Author:
    """Return the person in "Lovelace, Ada", "Ada Lovelace", "van Dyck, Jr, A."; the group in "Pain Consortium"."""
    text = " ".join(text.split()).strip(" ,;")
    if "," in text:
        family, *rest = (part.strip() for part in text.split(","))
        given = next((part for part in reversed(rest) if part and not _SUFFIX.fullmatch(part)), "")
        suffix = next((part for part in rest if _SUFFIX.fullmatch(part)), "")
        if not given or len(rest) > 2 or _is_group(text):
            return Author(text)
        name = f"{given} {family} {suffix}".strip()
        return Author(name, family, given)
    words = text.split()
    if len(words) < 2 or text.endswith(")") or _is_group(text):
        return Author(text)
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return Author(text, " ".join(words[start:]), " ".join(words[:start]))


def _is_group(text: str) -> bool:
    return not _GROUP.isdisjoint(text.lower().replace(",", " ").split())


def read_indexed_name(text: str) -> Author:
    """Return the person in MEDLINE's form, family name before bare initials: "Lovelace A", "van Dyck AB Jr"."""
    words = " ".join(text.split()).strip(" ,;.").split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    if len(words) < 2 or not _INITIALS.fullmatch(words[-1]):
        return read_name(text.strip(" ,;."))
    given = words.pop()
    family = " ".join(words)
    return Author(f"{given} {family} {suffix}".strip(), family, given)
