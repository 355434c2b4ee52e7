"""Jobs as callers describe them, a function, its context and its arguments, and the jobs made of that."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

from plone.app.async_ import environment
from plone.app.async_.arguments import pack_arguments
from plone.app.async_.function import storable
from plone.app.async_.interfaces import WrongJobInfo
from plone.app.async_.job import ServiceJob
from plone.app.async_.references import reference_to
from zc.async_.describe import custom_repr
from zc.async_.interfaces import NEW
from zc.async_.interfaces import AsyncError
from zc.async_.job import Job
from zc.async_.workflow import steps


JobInfo = tuple[Any, Any, Iterable[Any], Mapping[str, Any]]
"""Function, context, positional and keyword arguments of a job."""


def makeJob(func: Any, context: Any, *args: Any, **kwargs: Any) -> JobInfo:
    """Describe a step of a batch: ``func(context, *args, **kwargs)``. Nothing is checked or queued yet."""
    return func, context, args, kwargs


def wrap(job_info: JobInfo) -> ServiceJob:
    """The job that calls a function on a context in the current environment; it is not queued."""
    func, context, args, kwargs = _parts(job_info)
    return ServiceJob(
        storable(func, "func"),
        reference_to(context, "context"),
        environment.capture(),
        *pack_arguments(args, dict(kwargs)),
    )


def make_steps(job_infos: Iterable[Any], quota_names: tuple[str, ...]) -> list[Job]:
    """The jobs of a batch that is limited by these quotas; an error names the job info."""
    made = []
    for index, job_info in enumerate(job_infos):
        with _naming(f"job_infos[{index}]"):
            made.append(_make_step(job_info, quota_names))
    return made


def _make_step(job_info: Any, quota_names: tuple[str, ...]) -> Job:
    step: Job = job_info if isinstance(job_info, Job) else wrap(job_info)
    if step.status != NEW:
        raise ValueError("this job is queued already; give a new one")
    if isinstance(step, ServiceJob):
        step.quota_names = ()
    for job in (step, *steps(step)):
        shared = set(quota_names).intersection(job.quota_names)
        if shared:
            raise ValueError(f"it would wait for ever for the quota {shared.pop()!r}, where the batch holds the place")
        job.check_picklable()
    return step


def _parts(job_info: Any) -> JobInfo:
    if isinstance(job_info, (tuple, list)) and len(job_info) == 4:
        _, _, args, kwargs = job_info
        if isinstance(args, (tuple, list)) and isinstance(kwargs, Mapping):
            return tuple(job_info)
    raise WrongJobInfo(
        f"{custom_repr(job_info)} does not describe a job; give makeJob(func, context, *args, **kwargs), "
        "a tuple (func, context, args, kwargs), or a new job"
    )


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Put the name of the job info before the text of an error."""
    try:
        yield
    except (AsyncError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error
