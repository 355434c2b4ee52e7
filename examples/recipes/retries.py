"""Try jobs again."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone
from urllib.error import URLError

from plone.app.async_ import RetryWithDelay
from plone.app.async_.decorators import job
from recipes.recurring import next_night
from zc.async_.retry import NeverRetry
from zc.async_.retry import RetryWithBackoff


every_five_minutes = RetryWithDelay(timedelta(minutes=5), max_retries=3)


@job(retry=every_five_minutes)
def fetch(folder, url):
    """The attempts are five minutes apart, four in all."""
    return folder.feeds.fetch(url)


ever_later = RetryWithBackoff(
    first=timedelta(seconds=10),
    factor=3,
    longest=timedelta(hours=1),
    attempts=6,
    exceptions=(URLError, TimeoutError),
)


@job(retry=ever_later)
def push(page, url):
    """After 10 s, 30 s, 90 s ...; but only while the network is to blame. Any other error is final."""
    return page.feeds.push(url)


@job(retry=NeverRetry)
def charge(order, amount):
    """At most one attempt, also after a conflict or a crash: what it does outside of Plone must not happen twice."""
    return order.bank.charge(amount)


class RetryAtNight(RetryWithBackoff):
    """Tries a job that failed again next night, when the other system has time; conflicts at once, as always."""

    def jobError(self, failure, data_cache):
        again = super().jobError(failure, data_cache)
        return next_night(datetime.now(timezone.utc)) if isinstance(again, timedelta) else again


@job(retry=RetryAtNight)
def publish_elsewhere(page, url):
    """In up to seven nights."""
    return page.feeds.push(url)
