"""Text: JATS, HTML and TeX to clean markup, clean markup to plain text; folding, sentences, language."""

from germane.text.language import detect_language, excerpt, fold, sentences
from germane.text.markup import clean_markup, plain_text
from germane.text.tex import render_math, tex_to_markup

__all__ = [
    "clean_markup",
    "detect_language",
    "excerpt",
    "fold",
    "plain_text",
    "render_math",
    "sentences",
    "tex_to_markup",
]
