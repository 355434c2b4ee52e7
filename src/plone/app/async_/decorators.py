"""``@job``: functions that can be called now, or be queued."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from typing import Any
from typing import Generic
from typing import ParamSpec
from typing import Protocol
from typing import TypeVar
from typing import overload

from zope.component import getUtility

from plone.app.async_.function import storable
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.job import ServiceJob
from plone.app.async_.queues import check_quota_names
from plone.app.async_.queues import find_queue
from plone.app.async_.queues import put_limited
from zc.async_.describe import custom_repr
from zc.async_.interfaces import JobNotPicklable
from zc.async_.picklable import picklable


__all__ = ["JobFunction", "job"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class JobFunction(Protocol[P, R_co]):
    """What ``@job`` makes of a function: the function itself, with two ways more to call it."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run it here and now."""

    def delay(self, *args: P.args, **kwargs: P.kwargs) -> ServiceJob:
        """Queue it for the first argument, its context; returns the job, which runs after the caller's commit."""

    def delay_until(self, when: datetime, /, *args: P.args, **kwargs: P.kwargs) -> ServiceJob:
        """The same for a job that does not start before ``when``, an aware datetime."""


@overload
def job(func: Callable[P, R_co], /) -> JobFunction[P, R_co]: ...


@overload
def job(
    *,
    queue: str = "",
    quota_names: Iterable[str] | None = None,
    retry: Any = None,
    priority: int = 0,
    begin_by: timedelta | None = None,
) -> Callable[[Callable[P, R_co]], JobFunction[P, R_co]]: ...


def job(func: Any = None, /, **terms: Any) -> Any:
    """Make a function queueable: ``func.delay(context, ...)``, ``func.delay_until(when, context, ...)``.

    ``func(context, ...)`` still runs it at once. The terms are those of all jobs of the function: ``queue``, a name;
    ``quota_names``, where None is the default quota and ``()`` none; ``retry``, a policy's class or an instance, or the
    name of an ``IRetryPolicy`` adapter; ``priority``; ``begin_by``, within which a job must have started. What is wrong
    with them is raised here: ``TypeError``, ``ValueError``, and ``JobNotPicklable`` for what no worker could find.
    ``delay`` raises what ``IAsyncService`` raises, and ``TypeError`` for arguments that do not fit the function.
    """
    if func is None:
        checked = Terms(**terms)
        return lambda func: _extend(func, checked)
    return _extend(func, Terms(**terms))


class Terms:
    """Where, when and how often the jobs of a function run."""

    def __init__(
        self,
        queue: str = "",
        quota_names: Iterable[str] | None = None,
        retry: Any = None,
        priority: int = 0,
        begin_by: timedelta | None = None,
    ) -> None:
        _require(isinstance(queue, str), f"queue must be the name of a queue, not {queue!r}")
        _require(not isinstance(quota_names, str), f"quota_names must be names, not the text {quota_names!r}")
        _require(retry is None or isinstance(retry, str) or callable(retry), f"retry must be a policy, not {retry!r}")
        _require(isinstance(priority, int), f"priority must be an integer, not {priority!r}")
        _require(begin_by is None or isinstance(begin_by, timedelta), f"begin_by must be a timedelta, not {begin_by!r}")
        if picklable(retry) is not None:
            raise JobNotPicklable(f"retry cannot be stored with a job: {custom_repr(retry)} ({picklable(retry)})")
        self.queue = queue
        self.quota_names = None if quota_names is None else tuple(quota_names)
        self.retry = retry
        self.priority = priority
        self.begin_by = begin_by


def _require(right: bool, text: str) -> None:
    if not right:
        raise TypeError(text)


def _extend(func: Any, terms: Terms) -> Any:
    if not isinstance(func, types.FunctionType) or inspect.iscoroutinefunction(func):
        raise TypeError(f"@job is for plain functions, not for {custom_repr(func)}")
    if "<" in func.__qualname__:  # a lambda, or within a function; others get their names only after this
        storable(func, "func")
    queueing = Queueing(func, terms)
    func.delay, func.delay_until = queueing.delay, queueing.delay_until  # type: ignore[attr-defined]
    return func


class Queueing(Generic[P]):
    """Queues one function on its terms. Stateless; for all threads."""

    def __init__(self, func: Callable[P, Any], terms: Terms) -> None:
        self._func = func
        self._terms = terms
        self._signature = inspect.signature(func)

    def delay(self, *args: P.args, **kwargs: P.kwargs) -> ServiceJob:
        """Queue the function for its context."""
        return self._queue(None, args, kwargs)

    def delay_until(self, when: datetime, /, *args: P.args, **kwargs: P.kwargs) -> ServiceJob:
        """Queue the function for its context, not to start before ``when``."""
        return self._queue(when, args, kwargs)

    def _queue(self, when: datetime | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ServiceJob:
        arguments = self._signature.bind(*args, **kwargs)
        if not arguments.args:
            raise TypeError("the first argument of a job is its context")
        context, *rest = arguments.args
        terms, service = self._terms, getUtility(IAsyncService)
        queue = find_queue(service.getQueues(), terms.queue)
        quota_names = check_quota_names(queue, terms.quota_names)
        new = service.wrapJob((self._func, context, rest, arguments.kwargs))
        if terms.retry is not None:
            new.retry_policy_factory = terms.retry
        if terms.priority:
            new.priority = terms.priority
        return put_limited(queue, quota_names, new, terms.begin_by, when)
