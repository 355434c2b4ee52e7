"""What the forms of bulk changes and mailings have in common."""

from __future__ import annotations

from typing import Any

from plone import api
from plone.protect import CheckAuthenticator
from Products.Five.browser import BrowserView
from zExceptions import BadRequest


class QueueForm(BrowserView):
    """A form; posting it queues a job, and leads back to the context with a message.

    The template is ``index``, given in ZCML.
    """

    longest_pause = 60.0  # seconds; a worker thread is held meanwhile

    def __call__(self) -> str:
        if self.request.method != "POST":
            return self.index()
        CheckAuthenticator(self.request)
        message = self.queue(self.request.form)
        api.portal.show_message(message, request=self.request)
        self.request.response.redirect(self.context.absolute_url())
        return ""

    def queue(self, form: dict[str, Any]) -> str:
        """Queue the job that the form asks for, and tell the user; ``BadRequest`` if the form makes no sense."""
        raise NotImplementedError

    def pause(self, form: dict[str, Any]) -> float:
        """The field of that name, in seconds."""
        try:
            pause = float(form.get("pause") or 0)
        except ValueError:
            raise BadRequest("pause must be a number of seconds") from None
        if not 0 <= pause <= self.longest_pause:
            raise BadRequest(f"pause must be between 0 and {self.longest_pause:g} seconds")
        return pause
