"""A site that speaks several languages, and jobs of all kinds to speak about."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from overview_fixtures import other_site
from overview_fixtures import queue
from overview_fixtures import work
from page_fixtures import reader
from page_fixtures import users
from panel_jobs import fail
from panel_jobs import succeed
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import applyProfile
from plone.i18n.interfaces import ILanguageSchema
from plone.registry.interfaces import IRegistry
from zope.component import getUtility

from plone.app.async_.overview.ids import id_of


__all__ = ["other_site", "queue", "reader", "users", "work"]


@pytest.fixture
def speak(site):
    """Lets the site speak the language that a browser asks for, or only one."""

    def speak(only=None):
        settings = getUtility(IRegistry).forInterface(ILanguageSchema, prefix="plone")
        settings.available_languages = ["en", "de", "es", "fr", "it"]
        settings.use_request_negotiation = only is None
        settings.default_language = only or "en"
        transaction.commit()

    return speak


@pytest.fixture
def open_in(reader, speak):
    """Gives what a view of the site says to a user whose browser asks for a language."""

    def open_in(language, address, user=TEST_USER_NAME, only=None):
        speak(only)
        reading = reader(user)
        reading.browser.addHeader("Accept-Language", language)
        contents = reading.open(address)
        assert reading.status == 200
        return contents

    return open_in


@pytest.fixture
def jobs(service, folder, queue, work, site):
    """The ids of a job that succeeded, one that failed, one that is scheduled, and one that waits in a paused queue."""
    applyProfile(site, "plone.app.async:default")
    done = service.queueJob(succeed, folder, 40)
    failed = service.queueJob(fail, folder)
    work()
    later = service.queueJobWithDelay(None, datetime.now(timezone.utc) + timedelta(days=3, hours=1), succeed, folder)
    waiting = service.queueJob(succeed, folder, 1)
    queue.paused = True
    transaction.commit()
    return {"done": id_of(done), "failed": id_of(failed), "later": id_of(later), "waiting": id_of(waiting)}
