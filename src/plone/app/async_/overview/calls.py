"""What a job runs, and with what, as its author wrote it: without the bookkeeping of the service."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING
from typing import Any

from plone.app.async_.function import ClassFunction
from plone.app.async_.function import ContentCall
from plone.app.async_.job import ServiceJob
from zc.async_.describe import custom_repr
from zc.async_.describe import describe_callable


if TYPE_CHECKING:
    from zc.async_.job import Job

BOOKKEEPING = 5
"""How many arguments of a service job come before those of its function; the last of them is the function."""


def function_name(job: Job) -> str:
    """The dotted name of the user's function, or path and name of a method of content."""
    if isinstance(job, ServiceJob):
        return custom_repr(job.args[BOOKKEEPING - 1])
    return describe_callable(job)


def arguments(job: Job) -> list[tuple[str, Any]]:
    """Name and value of each argument; names of positional ones from the function's signature, else their number."""
    if isinstance(job, ServiceJob):
        function, positional, context = job.args[BOOKKEEPING - 1], job.args[BOOKKEEPING:], 1
    else:
        function, positional, context = job._callable, list(job.args), 0
    names = _parameters(function, job._callable_name)[context:]
    names += [str(number) for number in range(len(names) + 1, len(positional) + 1)]
    return [*zip(names, positional, strict=False), *sorted(job.kwargs.items())]


def _parameters(function: Any, method: str | None) -> list[str]:
    if isinstance(function, ContentCall):
        if function.method is not None:
            return []
        function = function.target
    if isinstance(function, ClassFunction):
        function = getattr(function.owner, function.name, None)
    if method is not None:
        function = getattr(type(function), method, None)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []
    if method is not None:
        parameters = parameters[1:]
    return [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
