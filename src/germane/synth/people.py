"""The authors: people in communities of a topic and a time, who write together again and again; some have ORCID iDs."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from germane.synth import words_of
from germane.synth.chance import Numbers, from_quantiles
from germane.synth.corpus import Corpus

# Published quantiles of the number of authors, from a million records.
_N_AUTHORS = (
    (0.0, 1.0), (0.12, 1.0), (0.25, 2.0), (0.5, 3.0), (0.75, 4.0), (0.9, 7.0), (0.95, 8.0), (0.99, 15.0), (1.0, 40.0)
)  # fmt: skip
_ERA = 90  # articles of a topic after which other people have come
_COMMUNITIES = 3  # of a topic at a time
_PEOPLE, _MANY = 29, 499  # of a community; of one that writes with more than a dozen authors. Both are prime.
_ORCID_SHARE = 0.3
_AFFILIATION_SHARE = 0.5

_GIVEN = words_of("""
Ada Adam Aisha Akira Alan Alejandro Alice Amara Amir Ana Anders Andrea Anna Antonio Arjun Astrid Beatriz Bela Benjamin
Bin Björn Camille Carlos Chen Chiara Chloé Daniel David Diego Dmitri Elena Elif Emily Emma Eric Fatima Felix Fernando
Fiona François Georg Giulia Grace Hana Hannah Hao Haruki Helena Henrik Hui Ibrahim Igor Ines Ingrid Isabel Ivan Jakub
James Jan Jia Jin João Johanna John José Juan Julia Jun Karin Katarzyna Kenji Khaled Kim Lars Laura Lei Leila Léa Li
Lin Linda Luca Lucia Lukas Luís Magdalena Marco Maria Mark Marta Martin Mary Mateo Mei Michael Miguel Min Mohamed
Monika Nadia Naoko Natalia Nina Noah Nora Oksana Olga Oliver Omar Pablo Patricia Paul Pedro Peter Petra Priya Qing
Rafael Rahul Raj René Richard Robert Rosa Ruth Samuel Sandra Sara Sergei Sofia Song Sophie Stefan Susan Sven Tanja Tao
Thomas Tomás Ulrike Valentina Vera Victor Wei Wen Xin Yan Yang Yara Yuki Yusuf Zeynep Zhen Zoë
""")
_FAMILIES = words_of("""
Ahmed Ali Andersson Bauer Becker Bianchi Brown Carvalho Chang Chen Cohen Colombo Costa Das Davis Díaz Dubois Dupont
Eriksson Fernández Ferrari Fischer Fujita García Gómez González Gupta Hansen Hoffmann Horváth Huang Ito Ivanov Jensen
Johansson Johnson Jones Kaya Khan Kim Kovács Kowalski Kumar Larsen Lee Li Lin Liu López Martin Martínez Meyer Miller
Moreau Müller Nakamura Nguyen Nielsen Novák Okafor Olsen Park Patel Pereira Petrov Popescu Rossi Ryan Santos Sato
Schmidt Schneider Sharma Silva Singh Smith Suzuki Svensson Tanaka Taylor Torres Tran Wagner Walker Wang Weber Wilson
Wu Yamamoto Yang Yılmaz Zhang Zhao Zhou
""")
_BEGINNINGS = words_of("""
Al Ar Bal Bar Ben Bor Bren Cal Car Cor Dal Dar Del Dor El Fal Fen Gal Gar Hal Har Hol Jan Kal Kar Kor Lan Lin Mal Mar
Mor Nor Ol Pal Per Ral Ros Sal Sol Tal Tar Tor Val Var Vel Vor Wal Wen Yor Zel
""")
_MIDDLES = ["", "a", "e", "i", "o", "ad", "am", "an", "ed", "el", "en", "er", "il", "in", "or"]
_ENDINGS = words_of("""
berg by dale der ez feld ford han hi ic ini ko ley ling man mann mura ner now ov owski sen shi son stad stein ström
ton vić wa
""")
_CITIES = words_of("""
Arvendal Belmarsh Corvania Dunholm Eastmere Fennwick Galdera Hollowby Ilmari Jorvenna Kestrelton Lindavia Marrowgate
Norrhaven Ostrava-Nova Pellworth Quillon Ravensmoor Silverbeck Tarnow-Sund Umbria-Alta Valemont Westermark Yarrowfield
""")


class Author(NamedTuple):
    """A person as an article's list of authors has them; `orcid` and `affiliation` may be empty."""

    family: str
    given: str
    initials: str
    orcid: str
    affiliation: str


class People:
    """Who wrote what."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus, self._chance = corpus, corpus.chance

    @cached_property
    def _families(self) -> list[str]:
        made = [a + b + c for a in _BEGINNINGS for b in _MIDDLES for c in _ENDINGS]
        return [*_FAMILIES * 30, *made]  # the common names are a tenth of all

    def authors(self, numbers: Numbers) -> list[list[Author]]:
        """Return the authors of each article (n,), in their order."""
        chance, corpus = self._chance, self._corpus
        n = np.rint(from_quantiles(chance.units("authors", numbers), _N_AUTHORS)).astype(np.int64)
        ends = np.cumsum(n)
        owners = np.repeat(numbers, n)
        places = np.arange(len(owners)) - np.repeat(ends - n, n)
        size = np.where(np.repeat(n, n) > 12, _MANY, _PEOPLE)
        start = np.square(chance.units("first author", owners)) * _PEOPLE
        stride = 1 + chance.below(3, "co-authors", owners)
        members = (start.astype(np.int64) + places * stride) % size
        topics = corpus.topics(numbers)
        era = corpus.before(topics, numbers) // _ERA
        community = era * _COMMUNITIES + chance.below(_COMMUNITIES, "community", numbers)
        keys = (np.repeat(community * 1024 + topics, n) * 512) + members
        unique, back = np.unique(keys, return_inverse=True)
        known = self._people(unique)
        listed = [known[k] for k in back.tolist()]
        stops = ends.tolist()
        return [listed[a:b] for a, b in zip([0, *stops], stops, strict=False)]

    def _people(self, keys: Numbers) -> list[Author]:
        chance, families = self._chance, self._families
        bits = chance.bits("person", keys)
        family = (bits % np.uint64(len(families))).astype(np.int64).tolist()
        given = ((bits >> np.uint64(20)) % np.uint64(len(_GIVEN))).astype(np.int64).tolist()
        second = ((bits >> np.uint64(32)) % np.uint64(60)).astype(np.int64).tolist()
        city = ((keys // 512 % 1024 + (bits >> np.uint64(40)).astype(np.int64) % 4) % len(_CITIES)).tolist()
        has_place = (chance.units("affiliation", keys) < _AFFILIATION_SHARE).tolist()
        orcids = self._orcids(keys)
        found = []
        for f, g, s, c, placed, orcid in zip(family, given, second, city, has_place, orcids, strict=True):
            name, initials = _GIVEN[g], _GIVEN[g][0]
            if s < 26:
                name, initials = f"{name} {chr(65 + s)}.", f"{initials}{chr(65 + s)}"
            place = f"Synthetic University of {_CITIES[c]}, {_CITIES[c]}" if placed else ""
            found.append(Author(families[f], name, initials, orcid, place))
        return found

    def _orcids(self, keys: Numbers) -> list[str]:
        """Return iDs with right check digits (ISO 7064 mod 11-2) in 0000-0009-…, which ORCID does not give."""
        bits = self._chance.bits("orcid", keys)
        numbers = (bits % np.uint64(10**7)).astype(np.int64)
        digits: NDArray[np.int64] = numbers[:, None] // 10 ** np.arange(6, -1, -1) % 10
        total = np.full(len(keys), 0)
        for digit in (*([0] * 7), 9, *digits.T):
            total = (total + digit) * 2
        checks = (12 - total % 11) % 11
        has = self._chance.units("has orcid", keys) < _ORCID_SHARE
        return [
            f"0000-0009-{number // 1000:04d}-{number % 1000:03d}{'X' if check == 10 else check}" if chosen else ""
            for number, check, chosen in zip(numbers.tolist(), checks.tolist(), has.tolist(), strict=True)
        ]
