"""Failures that can be kept in the database for ever."""

from __future__ import annotations

import io
from typing import Any

from twisted.python import failure
from twisted.python import reflect
from zodbpickle import pickle

from zc.async_.picklable import StoragePickler


FRAMES_KEPT = 40
"""Innermost frames of a traceback that are stored; recursion errors would otherwise store a thousand."""

MESSAGE_KEPT = 4000
"""Characters of the message of an exception that had to be replaced by its text."""


class ReducedError(Exception):
    """Stands in the database for an exception that cannot be stored itself; its message is the original's text."""


class Failure(failure.Failure):
    """A failure as data: no traceback object, no variables, and always picklable.

    Without arguments it captures the exception being handled. An exception that does not survive pickling is
    replaced by a :class:`ReducedError` with its text; ``check`` and ``trap`` still know its type.
    """

    sanitized = False

    def __init__(self, exc_value: Any = None, exc_type: Any = None, exc_tb: Any = None) -> None:
        super().__init__(exc_value, exc_type, exc_tb)
        self._reduce()

    def _reduce(self) -> None:
        self.frames = list(self.frames)[-FRAMES_KEPT:]
        self.parents = list(self.parents)
        super().cleanFailure()
        self.tb = None
        if not survives_pickling(self.value):
            text = f"{reflect.qual(type(self.value))}: {_safe_text(self.value)}"
            self.value = ReducedError(text[:MESSAGE_KEPT])
            self.type = ReducedError

    def cleanFailure(self) -> None:
        """Nothing is left to clean."""

    def __getstate__(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "value": self.value,
            "parents": self.parents,
            "frames": [[name, file, line, (), ()] for name, file, line, _, _ in self.frames],
        }

    def __setstate__(self, state: Any) -> None:
        super().__setstate__({"stack": [], "captureVars": False, "tb": None, "pickled": 1, "count": 0, **state})
        self.sanitized = True

    def __reduce__(self) -> Any:
        return (_new, (type(self),), self.__getstate__())


def _new(cls: type[Failure]) -> Failure:
    return cls.__new__(cls)


def _safe_text(error: Any) -> str:
    try:
        return str(error)
    except Exception as problem:  # a broken __str__ must not hide that the job failed
        return f"(its message cannot be shown: {type(problem).__name__})"


def survives_pickling(value: Any) -> bool:
    """Whether ``value`` can be stored and read again; persistent objects inside count as storable."""
    buffer = io.BytesIO()
    try:
        StoragePickler(buffer).dump(value)
        buffer.seek(0)
        _StorageUnpickler(buffer).load()
    except Exception:  # whatever __reduce__ or __init__ of the class raises
        return False
    return True


class _StorageUnpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        return None


def sanitize(error: failure.Failure) -> Failure:
    """Our own kind of failure made of any Twisted one."""
    if isinstance(error, Failure):
        return error
    return Failure(error.value, error.type, error.tb)
