"""Characters that stand for others in identifiers that people typed, printed or copied."""

import re

# Full-width ASCII to ASCII; every hyphen to "-"; what cannot be seen to nothing.
LOOKALIKES: dict[int, str | None] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
LOOKALIKES |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xFE63), "-")
LOOKALIKES |= dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF))
LOOKALIKES |= dict.fromkeys((*range(9), *range(14, 32), 0x7F))
ODD = re.compile(r"[^\t\n\r -~]")


def plain(text: str) -> str:
    """Return `text` without what only looks like, or cannot be seen, and without spaces around it."""
    return text.translate(LOOKALIKES).strip() if ODD.search(text) else text.strip()
