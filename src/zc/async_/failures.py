"""Failures that can be kept in the database for ever."""

from __future__ import annotations

import copyreg
import io
from typing import Any

from twisted.python import failure
from twisted.python import reflect
from zodbpickle import pickle

from zc.async_.describe import shortened
from zc.async_.picklable import StoragePickler


FRAMES_KEPT = 40
"""Innermost frames of a traceback that are stored; recursion errors would otherwise store a thousand."""

MESSAGE_KEPT = 4000
"""Characters of the message of an exception that had to be replaced by its text."""


VARIABLE_KEPT = 21
"""Characters of the description of a variable that are stored."""


class ReducedError(Exception):
    """Stands in the database for an exception that cannot be stored itself; its message is the original's text."""

    __module__ = "zc.async_.twist"


class Failure(failure.Failure):
    """A failure as data: no traceback object, always picklable, and without variables unless asked for.

    Without arguments it captures the exception being handled. An exception that does not survive pickling is
    replaced by a :class:`ReducedError` with its text; ``check`` and ``trap`` still know its type. With
    ``captureVars`` it has descriptions of local and global variables; the database keeps the beginnings of those of
    the local ones. Once read from there it is ``sanitized``.
    """

    __module__ = "zc.async_.twist"  # the name by which databases know it

    sanitized = False

    def __init__(
        self, exc_value: Any = None, exc_type: Any = None, exc_tb: Any = None, captureVars: bool = False
    ) -> None:
        super().__init__(exc_value, exc_type, exc_tb, captureVars)
        self._reduce()

    def _reduce(self) -> None:
        self.frames = _described_frames(self.frames)
        self.parents = list(self.parents)
        self.tb = None
        if isinstance(self.value, BaseException):
            self.value.__traceback__ = None
        if not survives_pickling(self.value):
            text = f"{reflect.qual(type(self.value))}: {_safe_text(self.value)}"
            self.value = ReducedError(text[:MESSAGE_KEPT])
            self.type = ReducedError

    @property
    def stack(self) -> list[Any]:
        """Frames above the one that caught the exception are not kept."""
        return []

    def cleanFailure(self) -> None:
        """Nothing is left to clean."""

    def __getstate__(self) -> dict[str, Any]:
        state = {"type": self.type, "value": self.value, "parents": self.parents}
        state["frames"] = [
            [name, file, line, tuple((variable, truncate(text)) for variable, text in local), ()]
            for name, file, line, local, _ in self.frames
        ]
        if self.captureVars:
            state["captureVars"] = True
        return state

    def __setstate__(self, state: Any) -> None:
        super().__setstate__({"captureVars": False, "tb": None, "pickled": 1, "count": 0, **state})
        self.sanitized = True

    def __reduce__(self) -> Any:
        return copyreg.__newobj__, (type(self),), self.__getstate__()  # type: ignore[attr-defined]


def truncate(text: str) -> str:
    """The first 21 characters of a longer text, and a sign that there were more."""
    return shortened(text, VARIABLE_KEPT, "[...]")


def _described_frames(frames: Any) -> list[Any]:
    return [
        [name, file, line, _described(local), _described(everywhere)]
        for name, file, line, local, everywhere in list(frames)[-FRAMES_KEPT:]
    ]


def _described(variables: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, shortened(reflect.safe_repr(value), MESSAGE_KEPT, "[...]")) for name, value in variables)


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


def isFailure(value: Any) -> bool:
    """Whether a result tells of a failure."""
    return isinstance(value, failure.Failure)


def sanitize(error: failure.Failure) -> Failure:
    """Our own kind of failure made of any Twisted one."""
    if isinstance(error, Failure):
        return error
    made = Failure(error.value, error.type, error.tb, error.captureVars)
    if not made.frames:
        made.frames = _described_frames(error.frames)  # of one that was cleaned, they are all that is left
    return made
