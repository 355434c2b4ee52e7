"""Asynchronous jobs for Plone: queued by a request, run by a worker as the same user in the same site."""

import logging

from zope.i18nmessageid import MessageFactory

from plone.app.async_.job import Job
from plone.app.async_.retry import RetryWithDelay
from plone.app.async_.utils import queue
from zc.async_ import local


__all__ = ["Job", "RetryWithDelay", "_", "logger", "progress", "queue"]

progress = local.progress

_ = MessageFactory("plone.app.async")

logger = logging.getLogger("plone.app.async")
