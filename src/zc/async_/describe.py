"""Short texts about jobs and their parts for logs and people: bounded, and never failing on somebody's ``__repr__``."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING
from typing import Any

from persistent.interfaces import IPersistent
from ZODB.utils import u64


if TYPE_CHECKING:
    from zc.async_.job import Job

LONGEST_PART = 200
"""Characters kept of one argument's description."""


def getId(obj: Any) -> tuple[int, str | None]:
    """The number of a stored object and the name of its database; loads nothing."""
    return u64(obj._p_oid), None if obj._p_jar is None else obj._p_jar.db().database_name


def custom_repr(obj: Any, longest: int = LONGEST_PART, ending: str = "[...]") -> str:
    """Class, oid and database of a persistent object; the dotted name of a function; else its ``repr``, shortened."""
    if IPersistent.providedBy(obj):
        return f"{_class_name(obj)} ({_address(obj)})"
    if isinstance(obj, (types.FunctionType, types.BuiltinFunctionType, type)):
        return f"{obj.__module__}.{obj.__qualname__}"
    if type(obj) in (str, bytes):
        obj = obj[: longest + 1]  # its repr could take as much memory again
    try:
        text = repr(obj)
    except Exception as error:  # anybody's code; a description must not fail because of it
        text = f"<{_class_name(obj)}, whose repr failed with {type(error).__name__}>"
    return shortened(text, longest, ending)


def shortened(text: str, longest: int, ending: str) -> str:
    """The text, or its first ``longest`` characters and the ending."""
    return text if len(text) <= longest else text[:longest] + ending


def describe_callable(job: Job) -> str:
    """The dotted name of what a job runs, or object and method; works outside a worker, too."""
    name = job._callable_name
    if name is None:
        return custom_repr(job._callable)
    return f"{custom_repr(job._callable)} :{name}"


def function_name(job: Job) -> str:
    """The dotted name of the function or method that a job runs; works outside a worker, too."""
    name = job._callable_name
    return custom_repr(job._callable) if name is None else f"{_class_name(job._callable)}.{name}"


def describe_job(job: Job) -> str:
    """``<CLASS (oid N, db 'NAME') ``CALL(ARGS)``>``."""
    parts = [custom_repr(arg) for arg in job._args]
    parts += [f"{name}={custom_repr(value)}" for name, value in sorted((job._kwargs or {}).items())]
    return f"<{_class_name(job)} ({_address(job)}) ``{describe_callable(job)}({', '.join(parts)})``>"


def _class_name(obj: Any) -> str:
    return f"{type(obj).__module__}.{type(obj).__qualname__}"


def _address(obj: Any) -> str:
    oid = "?" if obj._p_oid is None else u64(obj._p_oid)
    database = "?" if obj._p_jar is None else repr(obj._p_jar.db().database_name)
    return f"oid {oid}, db {database}"
