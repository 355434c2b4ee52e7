"""``@@manage-queue-action``: pauses and resumes a queue, changes a quota, and goes back to where the reader was."""

from __future__ import annotations

from typing import Any

from plone.protect import CheckAuthenticator
from plone.protect import PostOnly

from plone.app.async_ import authority
from plone.app.async_ import steering
from plone.app.async_.browser.returning import go_back
from plone.app.async_.browser.view import BoardView
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.forms.queue_orders import steer_queue


class QueueAction(BoardView):
    """Takes ``action``, one of pause, resume and quota, ``queue``, and for a quota its name and ``size``.

    POST with an authenticator only, by those whom ``authority.may_steer_queues`` lets.
    """

    def __call__(self) -> Any:
        PostOnly(self.request)
        CheckAuthenticator(self.request)
        authority.require_steering(self.portal)
        try:
            message = steer_queue(self.request.form, self.board)
        except (steering.NoSuchQueue, steering.NotPossible, WrongParameter) as error:
            return go_back(self.request, self.portal_url, error.args[0], "error")
        return go_back(self.request, self.portal_url, message)
