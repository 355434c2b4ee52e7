"""What can be said about jobs that wait in the queues. Reads only; works before the commit as well."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from Acquisition import aq_base

from plone.app.async_ import environment
from plone.app.async_.arguments import pack_arguments
from plone.app.async_.function import ContentCall
from plone.app.async_.function import storable
from plone.app.async_.job import ServiceJob
from plone.app.async_.queues import queues_connection
from plone.app.async_.references import ContentReference
from plone.app.async_.references import reference_to
from zc.async_.describe import custom_repr
from zc.async_.draining import queues_of
from zc.async_.job import Job


class Call(NamedTuple):
    """What a job will call, as it is stored."""

    func: Any
    context: ContentReference | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def queued_jobs(
    func: Any = None,
    context: Any = None,
    *,
    args: Sequence[Any] | None = None,
    kwargs: dict[str, Any] | None = None,
    queue: str | None = None,
) -> list[Job]:
    """The waiting jobs that call ``func`` on ``context`` with these arguments, those to start first coming first.

    What is None may be anything. Content is compared by its UID or path, other arguments by ``==``. Jobs that have
    begun do not wait any more: with a worker, ask before the commit.
    """
    is_meant = _filter(func, context, args, kwargs)
    connection = queues_connection(environment.current_portal()._p_jar)
    queues = [each for each in queues_of(connection) if queue in (None, each.name)]
    return [job for each in queues for job in each if is_meant(_call(job))]


def assert_queued(
    func: Any,
    context: Any = None,
    *,
    args: Sequence[Any] | None = None,
    kwargs: dict[str, Any] | None = None,
    queue: str | None = None,
    count: int = 1,
) -> Any:
    """The waiting job that is like this; the list of them for a ``count`` other than 1.

    ``AssertionError``, listing what is queued, if there are more or less than ``count``. See :func:`queued_jobs`.
    """
    found = queued_jobs(func, context, args=args, kwargs=kwargs, queue=queue)
    if len(found) != count:
        raise AssertionError(
            f"{len(found)} jobs are queued, not {count}, that call {_wish(func, context, args, kwargs, queue)}."
            f"\nAll queued jobs:{_listing()}"
        )
    return found[0] if count == 1 else found


def assert_not_queued(
    func: Any = None,
    context: Any = None,
    *,
    args: Sequence[Any] | None = None,
    kwargs: dict[str, Any] | None = None,
    queue: str | None = None,
) -> None:
    """``AssertionError``, listing what is queued, if a job like this waits; without arguments, if any waits."""
    if queued_jobs(func, context, args=args, kwargs=kwargs, queue=queue):
        raise AssertionError(f"no such job should be queued.\nAll queued jobs:{_listing()}")


def _filter(
    func: Any, context: Any, args: Sequence[Any] | None, kwargs: dict[str, Any] | None
) -> Callable[[Call], bool]:
    stored = None if func is None else _stored(func)
    place = None if context is None else reference_to(context, "context")
    wanted_args, wanted_kwargs = pack_arguments(args or (), kwargs or {})

    def is_meant(call: Call) -> bool:
        return (
            stored in (None, call.func)
            and (place is None or _is_same(place, call.context))
            and (args is None or wanted_args == call.args)
            and (kwargs is None or wanted_kwargs == call.kwargs)
        )

    return is_meant


def _stored(func: Any) -> Any:
    owner = getattr(func, "__self__", None)
    if aq_base(owner) is not owner:
        return ContentCall(reference_to(owner, "func"), func.__name__)
    return storable(func, "func")


def _is_same(wanted: ContentReference, found: ContentReference | None) -> bool:
    if found is None or wanted.uid != found.uid:
        return False
    return wanted.uid is not None or wanted.path == found.path


def _call(job: Job) -> Call:
    if isinstance(job, ServiceJob):
        return Call(job.args[4], job.context, tuple(job.args[5:]), dict(job.kwargs))
    func, context = job.callable, None
    if isinstance(func, ContentCall):
        if func.method is None:
            func = func.target
        else:
            context = func.target
    return Call(func, context, tuple(job.args), dict(job.kwargs))


def _wish(func: Any, context: Any, args: Any, kwargs: Any, queue: str | None) -> str:
    parts = [custom_repr(func)]
    if context is not None:
        parts.append(f"on {'/'.join(context.getPhysicalPath())}")
    given = {"args": args, "kwargs": kwargs, "queue": queue}
    parts += [f"with {name}={value!r}" for name, value in given.items() if value is not None]
    return " ".join(parts)


def _listing() -> str:
    lines = []
    for job in queued_jobs():
        call = _call(job)
        lines.append(f"\n    {job.title} with args={call.args!r}, kwargs={call.kwargs!r}, queue={job.queue.name!r}")
    return "".join(lines) or " none"
