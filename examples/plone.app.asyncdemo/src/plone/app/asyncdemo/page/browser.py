"""Queue a job from a view, and look at it afterwards."""

from __future__ import annotations

import json
from datetime import datetime
from datetime import timezone
from typing import Any

import transaction
from plone.app.asyncdemo.page.jobs import create_page
from plone.protect import CheckAuthenticator
from Products.Five.browser import BrowserView
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from twisted.python.failure import Failure
from zExceptions import BadRequest
from zExceptions import NotFound
from ZODB.utils import u64
from zope.component import getUtility

from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.job import SiteJob
from plone.app.async_.overview import Board
from plone.app.async_.overview import of_current_user
from zc.async_.interfaces import COMPLETED


LONGEST_PAUSE = 600


class JSONView(BrowserView):
    def answer(self, code: int, **values: Any) -> str:
        self.request.response.setStatus(code)
        self.request.response.setHeader("Content-Type", "application/json")
        return json.dumps(values, indent=2, sort_keys=True)


class QueueView(JSONView):
    """A form; posting it queues a job, and tells programs its id, people what becomes of their jobs."""

    form = ViewPageTemplateFile("form.pt")

    def __call__(self) -> str:
        if self.request.method != "POST":
            return self.form()
        CheckAuthenticator(self.request)
        title = self.request.form.get("title") or "Made by a job"
        pause = self.pause()
        job = getUtility(IAsyncService).queueJob(create_page, self.context, title, pause=pause)
        # The id of a new object is known once it is on its way to the database.
        transaction.savepoint(optimistic=True)
        id = u64(job._p_oid)
        address = f"{self.context.absolute_url()}/@@async-demo-job?id={id}"
        if "text/html" in self.request.get_header("Accept", ""):
            return self.request.response.redirect(f"{self.context.absolute_url()}/@@my-jobs")
        self.request.response.setHeader("Location", address)
        return self.answer(202, id=id, url=address)

    def pause(self) -> float:
        """How many seconds the job is to wait, as the form says."""
        try:
            seconds = float(self.request.form.get("pause") or 0)
        except ValueError as error:
            raise BadRequest("A pause is a number of seconds.") from error
        if not 0 <= seconds <= LONGEST_PAUSE:
            raise BadRequest(f"A pause is at most {LONGEST_PAUSE} seconds: it holds a thread of the worker.")
        return seconds


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
        """The job, if it is one of the current user's: any number names some object of the database."""
        mine = of_current_user(self.context)
        job = None if mine is None else Board(self.context, mine).find(id)
        if job is None:
            raise NotFound(id)
        return job


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
