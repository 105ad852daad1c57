"""Titles in German, French and Spanish, for the one article in twenty that was not written in English."""

import numpy as np

from germane.synth import words_of
from germane.synth.chance import Chance, Numbers
from germane.synth.corpus import LANGUAGES
from germane.synth.topics import Topics, made_up_word

_FRAMES = {
    "de": (
        "Untersuchungen zur {a} {b} bei der {c} von {new}", "Die Bedeutung der {b} für die {a} {c} in {new}",
        "Über den Einfluss der {a} {c} auf die {b} von {new}", "Neue Verfahren der {b} und {a} {c} mit {new}",
    ),
    "fr": (
        "Étude de la {b} {a} et de la {c} dans {new}", "L'influence de la {c} sur la {b} {a} de {new}",
        "Nouvelles méthodes de {b} pour la {c} {a} par {new}", "La {b} {a} : une analyse de la {c} chez {new}",
    ),
    "es": (
        "Estudio de la {b} {a} y de la {c} en {new}", "Influencia de la {c} sobre la {b} {a} de {new}",
        "Nuevos métodos de {b} para la {c} {a} con {new}", "La {b} {a}: análisis de la {c} mediante {new}",
    ),
}  # fmt: skip
_NOUNS = {
    "de": words_of("""
Messung Entwicklung Versorgung Belastung Therapie Behandlung Verteilung Schätzung Steuerung Bildung Bewertung Wirkung
Größe Stabilität Häufigkeit Übertragung
"""),
    "fr": words_of("""
mesure croissance thérapie prévention distribution régulation stabilité qualité fréquence structure réponse dynamique
sécurité méthode évaluation
"""),
    "es": words_of("""
medición evolución terapia prevención distribución regulación estabilidad calidad frecuencia estructura respuesta
dinámica señal evaluación
"""),
}
_ADJECTIVES = {
    "de": words_of("klinischen räumlichen chronischen optischen sozialen digitalen frühen thermischen ländlichen"),
    "fr": words_of("clinique chronique optique sociale numérique précoce thermique cellulaire rurale"),
    "es": words_of("clínica crónica óptica social digital temprana térmica celular rural"),
}


def foreign_titles(chance: Chance, topics: Topics, numbers: Numbers, of: Numbers, languages: Numbers) -> list[str]:
    """Return the title in its own language for each article (n,) that is not English, else ""."""
    titles = [""] * len(numbers)
    for at in np.flatnonzero(languages >= 0).tolist():
        language = LANGUAGES[languages[at]]
        draw = int(chance.bits("foreign title", numbers[at : at + 1])[0])
        nouns, adjectives, frames = _NOUNS[language], _ADJECTIVES[language], _FRAMES[language]
        titles[at] = frames[draw % len(frames)].format(
            a=adjectives[(draw >> 8) % len(adjectives)],
            b=nouns[(draw >> 16) % len(nouns)],
            c=nouns[(draw >> 24) % len(nouns)],
            new=f"{topics.name(int(of[at])).split()[-1].title()} {made_up_word((draw >> 40) % 200_000).title()}",
        )
    return titles
