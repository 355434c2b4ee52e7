"""A view that queues any job of this package for the current user."""

import json
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from importlib import import_module

import transaction
from plone.protect.interfaces import IDisableCSRFProtection
from Products.Five.browser import BrowserView
from zope.component import getUtility
from zope.interface import alsoProvides

from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.overview.ids import id_of


PAGE = """<!DOCTYPE html>
<html lang="en"><title>Queue a job</title><form method="post">
<label>Function <input name="function"></label>
<label>Arguments <input name="arguments"></label>
<label>Due in hours <input name="hours"></label>
<label>Quota <input name="quota"></label>
<button>Queue the job</button></form></html>"""


class QueueView(BrowserView):
    """A form; posting it queues ``function`` with the JSON object ``arguments``, and answers with the job's id."""

    def __call__(self):
        response = self.request.response
        response.setHeader("X-Theme-Disabled", "1")
        if self.request.method != "POST":
            response.setHeader("Content-Type", "text/html; charset=utf-8")
            return PAGE
        alsoProvides(self.request, IDisableCSRFProtection)  # it is for tests only
        form = self.request.form
        module, _dot, name = form["function"].partition(".")
        function = getattr(import_module(f"example.{module}"), name)
        due = datetime.now(timezone.utc) + timedelta(hours=float(form["hours"])) if form.get("hours") else None
        arguments = json.loads(form.get("arguments") or "{}")
        quotas = (form["quota"],) if form.get("quota") else ()
        service = getUtility(IAsyncService)
        job = service.queueJobInQueueWithDelay(None, due, "", quotas, function, self.context, **arguments)
        transaction.savepoint(optimistic=True)
        response.setHeader("Content-Type", "text/plain")
        return id_of(job)
