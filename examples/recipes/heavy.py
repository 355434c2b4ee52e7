"""Workers of two kinds: some for heavy jobs, the others for the rest."""

from plone.app.async_.decorators import job
from zc.async_.agent import Agent


HEAVY = "heavy"


@job(quota_names=(HEAVY,))
def convert(video):
    """A heavy job is one of the quota."""


def make_quota(event):
    """In all workers; a subscriber to IQueueReady."""
    if HEAVY not in event.object.quotas:
        event.object.quotas.create(HEAVY, 2)


def is_heavy(job):
    return HEAVY in job.quota_names


def is_light(job):
    return HEAVY not in job.quota_names


def take_heavy_jobs(event):
    """In workers for heavy jobs; a subscriber to IDispatcherActivated."""
    set_agent(event.object, is_heavy, size=2)


def take_light_jobs(event):
    """In the others."""
    set_agent(event.object, is_light, size=5)


def set_agent(agents, filter, size):
    if "main" not in agents:
        agents["main"] = Agent()
    agents["main"].filter = filter
    agents["main"].size = size
