"""What can be set in a site, and within which limits; the defaults are what holds without any settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from zope.interface import Interface
from zope.interface import Invalid
from zope.interface import invariant
from zope.schema import Int

from plone.app.async_ import _
from plone.app.async_.process import DEFAULT_GRACE
from plone.app.async_.queues import DEFAULT_QUOTA_SIZE
from plone.app.async_.subscribers import PING_DEATH_SECONDS
from plone.app.async_.subscribers import PING_SECONDS
from plone.app.async_.worker import POLL_INTERVAL
from zc.async_.queue import KEEP_COMPLETED
from zc.async_.queue import KEEP_COMPLETED_FOR


PREFIX = "plone.app.async"
"""Of the names in the registry."""


class IJobQueueSettings(Interface):
    """The queues of all sites in the database."""

    default_quota_size = Int(
        title=_("label_jobs_at_a_time", default="Jobs at a time"),
        description=_(
            "setting_quota_help",
            default="How many jobs of the default quota may run at the same time, over all workers.",
        ),
        min=1,
        max=1000,
        default=DEFAULT_QUOTA_SIZE,
    )

    keep_completed_days = Int(
        title=_("setting_keep_days", default="Days to keep completed jobs"),
        min=1,
        max=3650,
        default=KEEP_COMPLETED_FOR // timedelta(days=1),
    )

    keep_completed_jobs = Int(
        title=_("setting_keep_jobs", default="Number of completed jobs to keep"),
        description=_(
            "setting_keep_jobs_help",
            default="Of more in a queue, the oldest are forgotten before their time.",
        ),
        min=100,
        max=10_000_000,
        default=KEEP_COMPLETED,
    )

    poll_interval = Int(
        title=_("setting_poll", default="Poll interval"),
        description=_(
            "setting_poll_help",
            default="Seconds after which a worker looks for jobs without being told. It is told of new jobs at once, "
            "unless the database is a RelStorage: there it looks more often while there is work, and this seldom when "
            "there is none.",
        ),
        min=1,
        max=60,
        default=POLL_INTERVAL,
    )

    ping_interval = Int(
        title=_("setting_ping", default="Ping interval"),
        description=_(
            "setting_ping_help",
            default="Seconds after which a worker shows that it lives. Each ping is a small write to the database.",
        ),
        min=10,
        max=3600,
        default=PING_SECONDS,
    )

    ping_death_interval = Int(
        title=_("setting_death", default="Death interval"),
        description=_(
            "setting_death_help",
            default="Seconds without a ping after which a worker is taken for dead, and its jobs are run by others. "
            "At least twice the ping interval.",
        ),
        min=180,
        max=86_400,
        default=PING_DEATH_SECONDS,
    )

    grace = Int(
        title=_("setting_grace", default="Time to finish"),
        description=_(
            "setting_grace_help",
            default="Seconds that running jobs get when their worker is stopped; what takes longer is run again by "
            "another worker. The environment variable ZC_ASYNC_GRACE of a worker goes first.",
        ),
        min=1,
        max=3600,
        default=int(DEFAULT_GRACE),
    )

    @invariant
    def death_comes_after_pings(settings: Any) -> None:
        if settings.ping_death_interval < 2 * settings.ping_interval:
            raise Invalid(
                _("setting_death_too_short", default="The death interval must be at least twice the ping interval.")
            )
