"""Mail a page to the members of a group: what runs in the worker."""

from __future__ import annotations

import time
from email.mime.text import MIMEText
from typing import Any
from uuid import UUID
from uuid import uuid5

import transaction
from BTrees.OOBTree import OOTreeSet
from plone import api
from zope.annotation.interfaces import IAnnotations

from plone.app.async_ import progress
from plone.app.async_.decorators import job


MOST_NAMES = 100
"""Of members without an address that the result names."""


@job(quota_names=())
def mail_to_members(page: Any, mailing: str, group: str, subject: str, pause: float = 0.0) -> dict[str, Any]:
    """Send title, description and link of the page to each member of the group, unless this mailing already has.

    A message enters the mail host's queue, and the member the record of the mailing, in one commit, one member after
    the other with ``pause`` seconds in between. So whatever ends an attempt, a conflict, a kill or a cancellation,
    the next one goes on with the next member. ``mailing`` is a UUID in hex; a new one is a new mailing.
    """
    sent = sent_to(page, mailing)
    members = api.user.get_users(groupname=group)
    without_address = []
    for number, member in enumerate(members, start=1):
        id, address = member.getId(), member.getProperty("email")
        if not address:
            without_address.append(id)
        elif id not in sent:
            api.portal.send_email(recipient=address, subject=subject, body=message(page, mailing, id))
            sent.add(id)
            transaction.commit()
            time.sleep(pause)
        progress(number, len(members))
    return {
        "mailing": mailing,
        "sent": len(sent),
        "without_address": len(without_address),
        "without_address_ids": without_address[:MOST_NAMES],
    }


def sent_to(page: Any, mailing: str) -> OOTreeSet:
    """The ids of those whom this mailing has been sent to, kept with the page.

    A tree of small buckets, of which a commit writes one. Two attempts that add the same id conflict.
    """
    return IAnnotations(page).setdefault(f"plone.app.asyncdemo.mailing.{mailing}", OOTreeSet())


def message(page: Any, mailing: str, member_id: str) -> MIMEText:
    """The message for one member, which has the same Message-Id whenever it is made."""
    text = "\n\n".join([page.Title(), page.Description(), page.absolute_url()])
    message = MIMEText(text, "plain", "utf-8")
    domain = api.portal.get_registry_record("plone.email_from_address").rpartition("@")[2]
    message["Message-Id"] = f"<{uuid5(UUID(mailing), member_id).hex}@{domain}>"
    return message
