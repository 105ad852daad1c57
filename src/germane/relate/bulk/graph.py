"""What the citation graph says of some articles, all at once; the caps are those of asking for one of them.

A target is what a reference names: an identifier's number, whoever owns it, here or not.
"""

from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.relate.bulk.corpus import Mapped
from germane.relate.bulk.describing import Ragged
from germane.relate.links import LINK_SCALE, LINK_WEIGHTS

MAX_FELLOWS = 200  # articles that cite one thing: more of them have nothing else in common
MAX_CITING = 30  # of those that cite an article, the newest, whose other references are looked at
MAX_REFERENCES = 300  # of each of these
MAX_CO_CITED = 40

_LOW = (1 << 32) - 1

Rows = NDArray[np.int64]
Values = NDArray[np.float32]


class Ties(Struct, frozen=True, eq=False):
    """The articles that citations tie to some articles: pairs of a place and a row, by ascending `keys`."""

    owners: Rows
    rows: Rows
    left: Values  # what all links together leave of 1
    strengths: Values  # their sum
    n_links: dict[str, NDArray[np.int32]]  # by kind, of each pair
    keys: NDArray[np.int64]  # owner << 32 | row

    def left_of(self, owners: Rows, rows: Rows) -> Values:
        """Return what links leave of 1 for some pairs (p,): 1 without a link."""
        keys = owners << 32 | rows
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        if not len(self.keys):
            return np.ones(len(keys), np.float32)
        return np.where(self.keys[at] == keys, self.left[at], 1).astype(np.float32)

    def strongest(self, chosen: NDArray[np.intp], n: int) -> NDArray[np.intp]:
        """Return of the chosen pairs the `n` strongest of each owner."""
        order = chosen[np.lexsort((self.rows[chosen], -self.strengths[chosen], self.owners[chosen]))]
        owners = self.owners[order]
        place = np.arange(len(order)) - np.searchsorted(owners, owners)
        return order[place < n]


class Graph:
    """The citation graph of the arranged articles: who refers to what, and who is referred to, by row and target."""

    def __init__(self, folder: Path) -> None:
        self._mapped = Mapped()

        def of(name: str) -> NDArray[Any]:
            return self._mapped.open(folder / f"graph.{name}.npy")

        self._ids = self._mapped.open(folder / "ids.npy")
        self._references = Ragged(of("references"), of("references.bounds"))  # of each row, targets
        self._citing = Ragged(of("citing"), of("citing.bounds"))  # of each target, rows
        self._names = Ragged(of("names"), of("names.bounds"))  # of each row, targets that mean itself
        self._rows = of("rows")  # of each target, the row that it means; -1: none here

    def release(self) -> None:
        """Give the memory back into which files were read; what is asked for again is read again."""
        self._mapped.release()

    def ties_of(self, own: Rows) -> Ties:
        """Return what ties some articles, by their rows, to others."""
        targets, owners = _spread(self._references, own)
        cited = self._rows[targets].astype(np.int64)
        names, named = _spread(self._names, own)
        citers, at = _spread(self._citing, names)
        kinds = {
            "cites": _counted(owners[cited >= 0], cited[cited >= 0]),
            "cited-by": _counted(named[at], citers.astype(np.int64)),
            "coupled": self._coupled(targets, owners),
            "co-cited": self._co_cited(_counted(named[at], citers.astype(np.int64))[0], named, names),
        }
        return _ties(kinds, own)

    def _coupled(self, targets: Rows, owners: Rows) -> tuple[Rows, Rows]:
        n_fellows = self._citing.bounds[targets + 1] - self._citing.bounds[targets]
        few = n_fellows <= MAX_FELLOWS
        fellows, at = _spread(self._citing, targets[few])
        return _counted(owners[few][at], fellows.astype(np.int64))

    def _co_cited(self, citing: Rows, named: Rows, names: Rows) -> tuple[Rows, Rows]:
        """Return whom the newest articles that cite one cite too; `citing` are keys of (place, row)."""
        owners, citers = citing >> 32, citing & _LOW
        order = np.lexsort((-self._ids[citers], owners))
        owners, citers = _first(owners[order], citers[order], MAX_CITING)
        targets, at = _spread(self._references, citers, MAX_REFERENCES)
        keys, counts = _counted(owners[at], targets)
        kept = ~np.isin(keys, named << 32 | names)
        keys, counts = keys[kept], counts[kept]
        order = np.lexsort((keys, -counts, keys >> 32))
        owners, order = _first(keys[order] >> 32, order, MAX_CO_CITED)
        rows = self._rows[keys[order] & _LOW].astype(np.int64)
        known = rows >= 0
        found, places = np.unique(owners[known] << 32 | rows[known], return_inverse=True)
        most = np.zeros(len(found), np.int64)
        np.maximum.at(most, places, counts[order][known])  # several names of one article count once
        return found, most


def arrange_graph(folder: Path, references: "Links", names: "Links") -> Graph:
    """Write the graph of the arranged articles of a folder.

    `references` are (article, target) pairs, grouped by article; `names` are the targets that mean an article itself.
    Targets are any numbers.
    """
    ids = np.load(folder / "ids.npy")
    order = np.argsort(ids)
    targets, columns = np.unique(references.targets, return_inverse=True)
    rows, known = _rows_of(ids, order, references.articles)
    citing_rows, columns = rows[known], columns[known]
    _save_ragged(folder, "references", citing_rows, columns, len(ids))
    _save_ragged(folder, "citing", columns, citing_rows, len(targets))
    at = np.searchsorted(targets, names.targets)
    at[at == len(targets)] = 0
    is_cited = targets[at] == names.targets if len(targets) else np.zeros(len(names.targets), np.bool_)
    named, known = _rows_of(ids, order, names.articles[is_cited])
    columns = at[is_cited][known]
    _save_ragged(folder, "names", named[known], columns, len(ids))
    meant = np.full(len(targets), -1, np.int32)
    meant[columns] = named[known]
    np.save(folder / "graph.rows.npy", meant)
    return Graph(folder)


class Links(Struct, frozen=True, eq=False):
    """Pairs of an article's id and a target's number: (p,) each."""

    articles: NDArray[np.int64]
    targets: NDArray[np.int64]


def _ties(kinds: dict[str, tuple[Rows, Rows]], own: Rows) -> Ties:
    keys = np.unique(np.concatenate([keys for keys, _ in kinds.values()]))
    keys = keys[own[keys >> 32] != keys & _LOW] if len(keys) else keys
    left, strengths = np.ones(len(keys), np.float32), np.zeros(len(keys), np.float32)
    n_links = {}
    for kind, (some, counts) in kinds.items():
        column = np.zeros(len(keys), np.int32)
        if len(keys) and len(some):
            at = np.searchsorted(keys, some)
            at[at == len(keys)] = 0
            is_there = keys[at] == some
            column[at[is_there]] = counts[is_there]
        reach = column > 0 if kind in ("cites", "cited-by") else 1 - np.exp(-column / LINK_SCALE)
        strength = LINK_WEIGHTS[kind] * np.asarray(reach, np.float32)
        left *= 1 - strength
        strengths += strength
        n_links[kind] = column
    return Ties(keys >> 32, keys & _LOW, left, strengths, n_links, keys)


def _spread(ragged: Ragged, rows: Rows, most: int = 1 << 40) -> tuple[Rows, Rows]:
    """Return the values of some rows, `most` of each, and for each value which of the rows it is of."""
    starts = ragged.bounds[rows]
    lengths = np.minimum(ragged.bounds[rows + 1] - starts, most)
    at = np.repeat(np.arange(len(rows)), lengths)
    first = np.append(0, np.cumsum(lengths))[:-1]
    return ragged.values[np.repeat(starts - first, lengths) + np.arange(len(at))].astype(np.int64), at


def _counted(owners: Rows, others: Rows) -> tuple[Rows, Rows]:
    """Return the keys owner << 32 | other, ascending, and how often each occurs."""
    return np.unique(owners << 32 | others, return_counts=True)


def _first(owners: Rows, values: Rows, n: int) -> tuple[Rows, Rows]:
    """Return the first `n` values of each owner; owners ascend."""
    kept = np.arange(len(owners)) - np.searchsorted(owners, owners) < n
    return owners[kept], values[kept]


def _rows_of(ids: Rows, order: Rows, articles: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    at = np.searchsorted(ids, articles, sorter=order)
    at[at == len(ids)] = 0
    rows = order[at]
    return rows, ids[rows] == articles


def _save_ragged(folder: Path, name: str, rows: Rows, values: Rows, n: int) -> None:
    np.save(folder / f"graph.{name}.npy", values[np.argsort(rows, kind="stable")].astype(np.int32))
    np.save(folder / f"graph.{name}.bounds.npy", np.append(0, np.cumsum(np.bincount(rows, minlength=n))))
