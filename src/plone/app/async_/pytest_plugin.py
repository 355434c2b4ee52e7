"""Fixtures for the tests of add-ons.

The top ``conftest.py`` says ``pytest_plugins = ["plone.app.async_.pytest_plugin"]``. The fixtures stand on others,
``functional`` and ``integration``, which ``pytest_plone.fixtures_factory`` makes of layers over
``PLONE_APP_ASYNC_FIXTURE``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

import pytest
import transaction
from zope.component import getUtility

from plone.app.async_ import testing
from plone.app.async_.interfaces import IAsyncService
from zc.async_.inline import at_work


if TYPE_CHECKING:
    from plone.app.async_.testing.running import InlineJobs
    from zc.async_.dispatcher import Dispatcher


@pytest.fixture
def async_service(request: pytest.FixtureRequest) -> Any:
    """The service that queues jobs, in the layer of the test: the functional one if it is used, or integration."""
    request.getfixturevalue("functional" if "functional" in request.fixturenames else "integration")
    return getUtility(IAsyncService)


@pytest.fixture
def async_worker(functional: Any) -> Iterator[Dispatcher]:
    """A dispatcher that runs jobs in other threads, once the test commits. Commits what was done before."""
    working = at_work(functional["zodbDB"])
    if working:
        yield working[0]
        return
    transaction.commit()
    with testing.live_worker(functional["zodbDB"]) as dispatcher:
        transaction.begin()
        yield dispatcher
        transaction.abort()


@pytest.fixture
def inline_jobs(functional: Any) -> Iterator[InlineJobs]:
    """Lets jobs run right after each commit of the test. Those that fail or are never committed are its errors."""
    with testing.inline_jobs() as jobs:
        yield jobs
