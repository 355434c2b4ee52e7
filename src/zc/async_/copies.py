"""Deep copies, made by pickling as the database does, in which some objects are replaced."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from zodbpickle import pickle

from zc.async_.picklable import PICKLING_ERRORS
from zc.async_.picklable import PROTOCOL


COPY_ERRORS = (*PICKLING_ERRORS, pickle.PickleError, ImportError, LookupError)
"""What is raised for values that cannot be pickled, or not be read again."""

PLAIN = frozenset({str, bytes, int, float, bool, type(None), list, tuple, dict, set, frozenset})
"""Types that most objects are of, and that are never replaced."""

Replace = Callable[[Any], Any]
"""Gives what is to stand for an object in a copy, which may be the object itself; None to copy it."""


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, replace: Replace) -> None:
        super().__init__(file, PROTOCOL)
        self._replace = replace
        self.replaced: list[Any] = []

    def persistent_id(self, obj: Any) -> int | None:
        stand_in = None if type(obj) in PLAIN else self._replace(obj)
        if stand_in is None:
            return None
        self.replaced.append(stand_in)
        return len(self.replaced) - 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, replaced: list[Any]) -> None:
        super().__init__(file)
        self._replaced = replaced

    def persistent_load(self, index: int) -> Any:
        return self._replaced[index]


def copied(value: Any, replace: Replace) -> Any:
    """A deep copy of the value. Raises ``COPY_ERRORS``, and what ``replace`` raises."""
    file = io.BytesIO()
    pickler = _Pickler(file, replace)
    pickler.dump(value)
    file.seek(0)
    return _Unpickler(file, pickler.replaced).load()


def visit(value: Any, look: Replace) -> None:
    """Let ``look`` see each object in the value; it returns what is not to be entered. Raises as ``copied``."""
    _Pickler(io.BytesIO(), look).dump(value)
