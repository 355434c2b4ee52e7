"""The form that starts a mailing."""

from __future__ import annotations

from operator import methodcaller
from typing import Any
from uuid import uuid4

from plone import api
from plone.app.asyncdemo.form import QueueForm
from plone.app.asyncdemo.mailing.jobs import mail_to_members
from zExceptions import BadRequest


class MailToMembers(QueueForm):
    """Ask for a group and a subject, and queue the job."""

    @property
    def groups(self) -> list[Any]:
        """All but the one that has everybody in it and cannot name them."""
        groups = [group for group in api.group.get_groups() if group.getId() != "AuthenticatedUsers"]
        return sorted(groups, key=methodcaller("getGroupTitleOrName"))

    @property
    def has_queue(self) -> bool:
        """Whether the mail host keeps messages until they are delivered."""
        return api.portal.get_tool("MailHost").smtp_queue

    def queue(self, form: dict[str, Any]) -> str:
        group = api.group.get(groupname=form.get("group", ""))
        subject = " ".join(form.get("subject", "").split())  # a header is one line
        if group is None or not subject:
            raise BadRequest("A mailing needs a group and a subject")
        # Made here, so that it is the same in each attempt of the job; posting the form again is a new mailing.
        mailing = uuid4().hex
        mail_to_members.delay(self.context, mailing, group.getId(), subject, pause=self.pause(form))
        return (
            f"A worker is going to mail “{self.context.Title()}” to each member of “{group.getGroupTitleOrName()}”. "
            "You see in the job queue how far it is."
        )
