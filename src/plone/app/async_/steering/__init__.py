"""The write side of the read model: what faces may do to jobs and queues.

Whether the user may is for the face to check, as is the authenticator of the request; that the jobs are within the
board's scope is checked here. Everything is part of the request's transaction, and recorded: on the job's timeline, in
the queue's history, and in the log.
"""

from plone.app.async_.steering.bulk import Done
from plone.app.async_.steering.bulk import act_on_all
from plone.app.async_.steering.bulk import act_on_these
from plone.app.async_.steering.errors import NoSuchJob
from plone.app.async_.steering.errors import NoSuchQueue
from plone.app.async_.steering.errors import NotPossible
from plone.app.async_.steering.jobs import act
from plone.app.async_.steering.queues import pause
from plone.app.async_.steering.queues import resume
from plone.app.async_.steering.queues import set_quota


__all__ = [
    "Done",
    "NoSuchJob",
    "NoSuchQueue",
    "NotPossible",
    "act",
    "act_on_all",
    "act_on_these",
    "pause",
    "resume",
    "set_quota",
]
