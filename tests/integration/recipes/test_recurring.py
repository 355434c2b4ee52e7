"""A job that queues itself for the next night."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from recipes.recurring import begin
from recipes.recurring import end
from recipes.recurring import every_night
from recipes.recurring import next_night
from recipes.recurring import planned
from recipes.recurring import tidy

from plone.app.async_.testing import drain


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "night"),
    [("2026-03-01T02:59", "2026-03-01T03:00"), ("2026-03-01T03:00", "2026-03-02T03:00")],
)
def test_the_next_night_is_the_first_after_now(now, night):
    then = next_night(datetime.fromisoformat(f"{now}+00:00"))
    assert then == datetime.fromisoformat(f"{night}+00:00")


@pytest.fixture
def night_after_next(monkeypatch):
    """The clock of the recipe is not that of the test."""

    def move():
        monkeypatch.setattr("recipes.recurring.next_night", lambda now: now + 2 * DAY)

    return move


def calls(jobs):
    return [job.function_name.rpartition(".")[2] for job in jobs]


def test_each_night_plans_the_next_one(site, night_after_next):
    begin(site)
    transaction.commit()
    assert drain() == []
    (first,) = planned(site)
    assert first.begin_after == next_night(datetime.now(timezone.utc))
    night_after_next()
    assert sorted(calls(drain(ahead=DAY))) == sorted([every_night.__name__, tidy.__name__])
    (second,) = planned(site)
    assert second is not first


def test_it_is_begun_once(site):
    begin(site)
    transaction.commit()
    begin(site)
    assert len(planned(site)) == 1


def test_a_failure_of_the_work_does_not_end_it(site, monkeypatch, night_after_next):
    def fail(**query):
        raise ValueError("no catalog")

    monkeypatch.setattr("plone.api.content.find", fail)
    begin(site)
    transaction.commit()
    night_after_next()
    ended = drain(ahead=DAY, raise_failures=False)
    assert [job.function_name for job in ended if "no catalog" in str(job.result)] == ["recipes.recurring.tidy"]
    assert len(planned(site)) == 1


def test_it_can_be_ended(site):
    begin(site)
    transaction.commit()
    end(site)
    assert planned(site) == []
