"""What add-ons hear: a queue has a worker, a job of a site has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from zope.interface import Attribute
from zope.interface import implementer
from zope.interface.interfaces import IObjectEvent

from zc.async_.interfaces import AbstractObjectEvent


if TYPE_CHECKING:
    from zc.async_.job import Job


class IQueueReady(IObjectEvent):
    """A worker begins to work on a queue, ``object``; the place to create quotas. The worker commits."""


class IJobOutcome(IObjectEvent):
    """A job of a site is completed.

    Sent once for each job, batches and their steps included, in the worker, with the job's site, user and request
    unless they are gone. What subscribers change is committed; after a conflict it is dropped and the event sent
    again. Other errors are logged. Neither changes the job. For a job without callbacks that is cancelled while it
    waits it is sent in the transaction of whoever cancels; by ``plone-async cancel`` not at all.
    """

    job = Attribute("The job")


class IJobSuccess(IJobOutcome):
    """A job returned; ``object`` is the result."""


class IJobFailure(IJobOutcome):
    """A job failed; ``object`` is the Failure."""


@implementer(IQueueReady)
class QueueReady(AbstractObjectEvent): ...


class JobOutcome(AbstractObjectEvent):
    def __init__(self, object: Any, job: Job | None = None) -> None:
        super().__init__(object)
        self.job = job


@implementer(IJobSuccess)
class JobSuccess(JobOutcome): ...


@implementer(IJobFailure)
class JobFailure(JobOutcome): ...
