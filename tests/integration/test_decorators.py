"""Functions that are made queueable by ``@job``."""

import inspect
import pickle
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest

from plone.app.async_ import RetryWithDelay
from plone.app.async_.decorators import job
from zc.async_.interfaces import JobNotPicklable


class Patient(RetryWithDelay):
    max_retries = 2


@job
def title(context, prefix="", *, queue=""):
    """The title of something."""
    return f"{prefix}{context.Title()}{queue}"


@job(quota_names=(), retry=Patient, priority=7, begin_by=timedelta(hours=1))
def later(context):
    return context.getId()


def test_it_is_still_the_function(folder):
    assert title(folder, prefix="The ") == "The Work"
    assert (title.__name__, title.__doc__) == ("title", "The title of something.")
    assert list(inspect.signature(title).parameters) == ["context", "prefix", "queue"]
    assert pickle.loads(pickle.dumps(title)) is title


def test_it_can_be_queued(service, folder, run):
    queued = title.delay(folder, "The ", queue="!")
    assert queued.quota_names == ("default",)
    assert run(queued).result == "The Work!"
    assert run(title.delay(context=folder)).result == "Work"


def test_it_is_queued_on_its_terms(service, folder):
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    queued = later.delay_until(tomorrow, folder)
    assert list(service.getQueues()[""]) == [queued]
    assert (queued.quota_names, queued.priority) == ((), 7)
    assert (queued.begin_after, queued.begin_by) == (tomorrow, timedelta(hours=1))
    assert type(queued.getRetryPolicy()) is Patient


def test_arguments_that_do_not_fit_are_refused_at_the_call(service, folder):
    with pytest.raises(TypeError, match="missing a required argument: 'context'"):
        title.delay()
    with pytest.raises(TypeError, match="unexpected keyword argument 'prefixed'"):
        title.delay(folder, prefixed="The ")
    with pytest.raises(ValueError, match="naive"):
        later.delay_until(datetime(2030, 1, 1), folder)
    assert len(service.getQueues()[""]) == 0


def nothing(context):
    pass


async def coroutine(context):
    pass


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"queue": 3}, "queue must be the name"),
        ({"quota_names": "mail"}, "not the text 'mail'"),
        ({"quota_names": 3}, "not iterable"),
        ({"retry": 3}, "retry must be a policy"),
        ({"retry": lambda job: None}, "retry cannot be stored"),
        ({"priority": "high"}, "priority must be an integer"),
        ({"begin_by": 3}, "begin_by must be a timedelta"),
        ({"quotas": ()}, "unexpected keyword argument 'quotas'"),
    ],
)
def test_wrong_terms_are_refused_where_they_are_written(terms, error):
    with pytest.raises(TypeError, match=error):
        job(**terms)


def test_what_no_worker_could_run_is_refused_where_it_is_written():
    def local(context):
        pass

    with pytest.raises(JobNotPicklable, match=r"<locals>.local"):
        job(local)
    with pytest.raises(JobNotPicklable, match="<lambda>"):
        job(lambda context: 1)
    for other in (3, coroutine, classmethod(nothing)):
        with pytest.raises(TypeError, match="@job is for plain functions"):
            job(other)
