"""The picture of an article's link, which networks and messengers show: title, venue, year, and what is around it.

It is drawn here, so that nobody else's server learns who shares what.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from io import BytesIO
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from PIL import Image, ImageDraw, ImageFont

from germane.item import Tab
from germane.text import excerpt
from germane.web.catalog import queries
from germane.web.catalog.rows import Page
from germane.web.pages.addresses import Located
from germane.web.pages.article import banners_of
from germane.web.pages.environment import STATIC
from germane.web.pages.words import count

SIZE = WIDTH, HEIGHT = 1200, 630  # as OpenGraph's readers expect
MAX_AGE_S = 86_400
_MARGIN = 72
_ROOM = WIDTH - 2 * _MARGIN
_SCRIPTS = ("latin", "latin-ext", "greek", "cyrillic")
_INK, _SECOND, _PAPER, _EDGE, _ALARM, _ACCENT = "#18202a", "#4a5868", "#fbfcfd", "#d3dae2", "#9b1c1c", "#0a5a86"
_TITLE_SIZES = ((64, 4), (54, 5), (46, 6))  # pixels, and how many lines of that height there is room for
_UNDRAWABLE = "\U0010ffff"  # no font has it, so what it looks like is what is missing
_SPELLED = str.maketrans({"≤": "<=", "≥": ">=", "→": "->", "−": "-", "≈": "~", "\u2010": "-", "\u2011": "-"})
_NOUNS: dict[Tab, str] = {
    "recommended": "similar articles",
    "news": "news",
    "video": "videos",
    "social": "posts",
    "more": "more",
}


class Face(NamedTuple):
    """A size and a weight, in the fonts of several scripts."""

    fonts: tuple[ImageFont.FreeTypeFont, ...]

    @property
    def height(self) -> int:
        """Return the pixels from one line to the next."""
        return round(self.fonts[0].size * 1.22)


def show(_request: HttpRequest, located: Located) -> HttpResponse:
    """Return the picture of an article's link."""
    page = queries.read_page(located.place.article_id)
    if page is None:
        raise Http404
    response = HttpResponse(draw_preview(page), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return response


def draw_preview(page: Page) -> bytes:
    """Return a PNG picture of an article: what it is, what was said of its standing, and what is around it."""
    image = Image.new("RGB", SIZE, _PAPER)
    draw = ImageDraw.Draw(image)
    line = page.line
    banners = banners_of(page)
    draw.rectangle((0, 0, WIDTH, 14), fill=_ALARM if banners else _ACCENT)
    top = 56
    where = " · ".join(filter(None, (_drawable(line.venue), line.published_on[:4])))
    _write(draw, (_MARGIN, top), _fitting(where, _face(30), _ROOM), _face(30), _SECOND)
    top += 58
    if banners:
        top = _write_band(draw, top, banners[0].words.rstrip("."))
    title = _drawable(line.title) or page.article.identifier("doi") or settings.ENVIRONMENT.site_name
    top = _write_title(draw, top, title)
    byline = _drawable(line.byline)
    if byline:
        _write(draw, (_MARGIN, min(top + 22, 478)), _fitting(byline, _face(30), _ROOM), _face(30), _SECOND)
    draw.line((_MARGIN, 536, WIDTH - _MARGIN, 536), fill=_EDGE, width=2)
    name = _fitting(_drawable(settings.ENVIRONMENT.site_name) or "Germane", _face(30, 700), 400)
    _write(draw, (WIDTH - _MARGIN - _length(name, _face(30, 700)), 560), name, _face(30, 700), _ACCENT)
    _write(draw, (_MARGIN, 560), _around(page, _ROOM - _length(name, _face(30, 700)) - 40), _face(30), _SECOND)
    buffer = BytesIO()
    image.quantize(64, method=Image.Quantize.FASTOCTREE).save(buffer, "PNG")
    return buffer.getvalue()


def _around(page: Page, room: int) -> str:
    """Return as many of the tabs' counts as there is room for, the most telling first."""
    told = [f"{count(page.counts.of(tab))} {noun}" for tab, noun in _NOUNS.items() if page.counts.of(tab)]
    while told and _length(" · ".join(told), _face(30)) > room:
        told.pop()
    return " · ".join(told)


def _write_band(draw: ImageDraw.ImageDraw, top: int, words: str) -> int:
    face = _face(32, 700)
    width = _length(words, face)
    draw.rectangle((_MARGIN, top, _MARGIN + width + 36, top + 54), fill=_ALARM)
    _write(draw, (_MARGIN + 18, top + 4), words, face, "#ffffff")
    return top + 74


def _write_title(draw: ImageDraw.ImageDraw, top: int, title: str) -> int:
    """Write the title as large as it fits, and return where it ends."""
    room = 466 - top
    for size, n_lines in _TITLE_SIZES:
        face = _face(size, 600)
        lines = list(_broken(title, face))
        if len(lines) <= n_lines and len(lines) * face.height <= room:
            break
    else:
        lines = _shortened(lines, face, room // face.height)
    for text in lines:
        _write(draw, (_MARGIN, top), text, face, _INK)
        top += face.height
    return top


def _broken(text: str, face: Face) -> Iterator[str]:
    """Break a text into lines between its words; a word that is longer than a line is cut."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if _length(longer, face) <= _ROOM:
            line = longer
            continue
        if line:
            yield line
        line = word
        while _length(line, face) > _ROOM:
            n = next(n for n in range(len(line) - 1, 0, -1) if _length(line[:n], face) <= _ROOM)
            yield line[:n]
            line = line[n:]
    if line:
        yield line


def _shortened(lines: Sequence[str], face: Face, n: int) -> list[str]:
    return [*lines[: n - 1], _fitting(f"{lines[n - 1]} …", face, _ROOM)]


def _fitting(text: str, face: Face, room: int) -> str:
    """Return as many of the text's words as there is room for."""
    words = text.split()
    shown = text
    while words and _length(shown, face) > room:
        words.pop()
        shown = " ".join(words).rstrip("·,; …") + " …"
    return shown


def _write(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, face: Face, color: str) -> None:
    x, y = at
    baseline = y + round(face.fonts[0].size)
    for run, font in _runs(text, face):
        draw.text((x, baseline), run, fill=color, font=font, anchor="ls")
        x += round(font.getlength(run))


def _length(text: str, face: Face) -> int:
    return sum(round(font.getlength(run)) for run, font in _runs(text, face))


def _runs(text: str, face: Face) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
    """Yield the parts of a text that one font has."""
    run, script = "", 0
    for letter in text:
        own = script if letter == " " else _script_of(letter)
        if own != script and run:
            yield run, face.fonts[script]
            run = ""
        run, script = run + letter, own
    if run:
        yield run, face.fonts[script]


def _drawable(text: str) -> str:
    """Return a text without signs that no font of ours has; "" when these are letters, so that words would be lost."""
    kept = []
    for letter in unicodedata.normalize("NFC", excerpt(text.translate(_SPELLED), 400)):
        if letter == " " or _script_of(letter) >= 0:
            kept.append(letter)
        elif unicodedata.category(letter)[0] in "LN":
            return ""
    return "".join(kept).strip()


@lru_cache(maxsize=4_096)
def _script_of(letter: str) -> int:
    """Return which of the fonts has a letter, -1 for none."""
    for script, font in enumerate(_face(30).fonts):
        if bytes(font.getmask(letter)) != bytes(font.getmask(_UNDRAWABLE)):
            return script
    return -1


@cache
def _face(size: int, weight: int = 400) -> Face:
    fonts = []
    for script in _SCRIPTS:
        font = ImageFont.truetype(STATIC / "fonts" / f"source-serif-4-{script}-5.3.1.woff2", size)
        font.set_variation_by_axes([weight])
        fonts.append(font)
    return Face(tuple(fonts))
