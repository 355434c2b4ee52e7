"""Asynchronous jobs for Plone: queued by a request, run by a worker as the same user in the same site."""

import logging

from zope.i18nmessageid import MessageFactory

from plone.app.async_.job import Job


__all__ = ["Job", "_", "logger"]

_ = MessageFactory("plone.app.async")

logger = logging.getLogger("plone.app.async")
