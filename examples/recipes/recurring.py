"""A job that is done again and again."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

from plone import api

from plone.app.async_.decorators import job
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.overview import of_site


@job
def tidy(site):
    """The work."""
    for brain in api.content.find(context=site, portal_type="File", review_state="rejected"):
        api.content.delete(brain.getObject())


@job(quota_names=())
def every_night(site):
    """Queues the work, and itself for the next night; nothing in it can fail."""
    tidy.delay(site)
    every_night.delay_until(next_night(datetime.now(timezone.utc)), site)


def next_night(now):
    """Three o'clock UTC, after now."""
    three = now.replace(hour=3, minute=0, second=0, microsecond=0)
    return three if three > now else three + timedelta(days=1)


def planned(site):
    """The jobs that will go on with it; more than one means that it was begun twice."""
    to_come = frozenset({State.WAITING, State.SCHEDULED, State.ACTIVE})
    query = Query(states=to_come, callable="recipes.recurring.every_night")
    return list(Board(site, of_site(site)).search().all(query))


def begin(site):
    """Begin with the next night, unless it was begun."""
    if not planned(site):
        every_night.delay_until(next_night(datetime.now(timezone.utc)), site)


def end(site):
    """Do not do it any more."""
    for each in planned(site):
        each.cancel("not every night any more")
