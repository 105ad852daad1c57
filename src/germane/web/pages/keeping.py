"""A bounded shelf of things by their names, which those asked for once only cannot empty of everybody's favourites."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Kept = TypeVar("Kept")

_NEW_SHARE = 4  # a quarter of the room is for what was asked for once


class Shelf(Generic[Kept]):
    """Keep things up to a number of bytes; may be used from several threads.

    What is new stands apart until it is asked for again (the 2Q of Johnson and Shasha, VLDB 1994, without its ghosts),
    so that a robot that walks through all articles drives out what other robots asked for, and no more.
    """

    def __init__(self, n_bytes: int) -> None:
        self._limit = n_bytes
        self._lock = threading.Lock()
        self._new: OrderedDict[str, tuple[Kept, int]] = OrderedDict()
        self._often: OrderedDict[str, tuple[Kept, int]] = OrderedDict()
        self._new_size = 0
        self._size = 0  # of both

    @property
    def size(self) -> int:
        """Return how many bytes are kept."""
        return self._size

    def find(self, name: str) -> Kept | None:
        """Return what was kept under a name, or None."""
        with self._lock:
            found = self._often.get(name)
            if found is not None:
                self._often.move_to_end(name)
                return found[0]
            found = self._new.pop(name, None)
            if found is None:
                return None
            self._new_size -= found[1]
            self._often[name] = found
            return found[0]

    def keep(self, name: str, thing: Kept, size: int) -> None:
        """Keep a thing of `size` bytes in the place of what had its name, if there can be room for it."""
        with self._lock:
            room = self._often if name in self._often else self._new
            old = room.pop(name, None)
            change = -old[1] if old else 0
            if size <= self._limit // 8:
                room[name] = (thing, size)
                change += size
            self._size += change
            if room is self._new:
                self._new_size += change
            while self._size > self._limit:
                self._drop()

    def _drop(self) -> None:
        """Let the oldest go: of the new ones while they take more than their share."""
        if self._new and (self._new_size > self._limit // _NEW_SHARE or not self._often):
            size = self._new.popitem(last=False)[1][1]
            self._new_size -= size
        else:
            size = self._often.popitem(last=False)[1][1]
        self._size -= size
