"""Queue a job from a view, and look at it afterwards."""

from __future__ import annotations

import json
from datetime import datetime
from datetime import timezone
from typing import Any

import transaction
from AccessControl import getSecurityManager
from plone.app.asyncdemo.page.jobs import create_page
from plone.protect import CheckAuthenticator
from Products.Five.browser import BrowserView
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from twisted.python.failure import Failure
from zExceptions import NotFound
from ZODB.POSException import POSKeyError
from ZODB.utils import p64
from ZODB.utils import u64
from zope.component import getUtility

from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.job import SiteJob
from zc.async_.interfaces import COMPLETED


class JSONView(BrowserView):
    def answer(self, code: int, **values: Any) -> str:
        self.request.response.setStatus(code)
        self.request.response.setHeader("Content-Type", "application/json")
        return json.dumps(values, indent=2, sort_keys=True)


class QueueView(JSONView):
    """A form; posting it queues a job and tells its id."""

    form = ViewPageTemplateFile("form.pt")

    def __call__(self) -> str:
        if self.request.method != "POST":
            return self.form()
        CheckAuthenticator(self.request)
        title = self.request.form.get("title") or "Made by a job"
        pause = float(self.request.form.get("pause") or 0)
        job = getUtility(IAsyncService).queueJob(create_page, self.context, title, pause=pause)
        # The id of a new object is known once it is on its way to the database.
        transaction.savepoint(optimistic=True)
        id = u64(job._p_oid)
        address = f"{self.context.absolute_url()}/@@async-demo-job?id={id}"
        self.request.response.setHeader("Location", address)
        return self.answer(202, id=id, url=address)


class JobView(JSONView):
    """One job of this site's demo, to be asked until it is completed."""

    def __call__(self) -> str:
        job = self.find(self.request.form.get("id", ""))
        failed = isinstance(job.result, Failure)
        queued = queued_at(job)
        started = job.active_start
        latency = started and (started - queued).total_seconds() * 1000
        return self.answer(
            200,
            id=u64(job._p_oid),
            call=job.title,
            status=job.status.default,
            completed=job.status == COMPLETED,
            failed=failed,
            worker=job.agent and str(job.agent.parent.UUID),
            result=job.result.getErrorMessage() if failed else job.result,
            queued=queued.isoformat(),
            started=started and started.isoformat(),
            latency_ms=latency,
        )

    def find(self, id: str) -> SiteJob:
        queues = getUtility(IAsyncService).getQueues()
        try:
            job = queues._p_jar.get(p64(int(id)))
        except (ValueError, OverflowError, POSKeyError):
            raise NotFound(id) from None
        # Any number names some object of the database; only the user's own jobs are shown.
        if not isinstance(job, SiteJob) or not self.is_mine(job):
            raise NotFound(id)
        return job

    def is_mine(self, job: SiteJob) -> bool:
        me = getSecurityManager().getUser().getId()
        return job.environment.portal_path == self.context.getPhysicalPath() and job.environment.user_id == me


def queued_at(job: Any) -> datetime:
    """When the transaction that queued the job was committed.

    The database tells: it is the time of the oldest revision of the job. One without history does not; then it is when
    the job was queued.
    """
    database = job._p_jar.db()
    if not database.supportsUndo():
        return job.queued_at
    revisions = database.history(job._p_oid, size=100)
    return datetime.fromtimestamp(revisions[-1]["time"], timezone.utc)
