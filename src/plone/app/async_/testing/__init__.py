"""For the tests of add-ons: layers with a worker, jobs that run inline, and what can be said about queued jobs.

Needs the extra ``plone.app.async[testing]``. Fixtures for pytest are in ``plone.app.async_.pytest_plugin``.
"""

from plone.app.async_.testing.layers import PLONE_APP_ASYNC_ACCEPTANCE_TESTING
from plone.app.async_.testing.layers import PLONE_APP_ASYNC_FIXTURE
from plone.app.async_.testing.layers import PLONE_APP_ASYNC_FUNCTIONAL_TESTING
from plone.app.async_.testing.layers import PLONE_APP_ASYNC_INTEGRATION_TESTING
from plone.app.async_.testing.layers import PLONE_MANAGER_ID
from plone.app.async_.testing.layers import PLONE_MANAGER_NAME
from plone.app.async_.testing.layers import PLONE_MANAGER_PASSWORD
from plone.app.async_.testing.layers import AsyncFunctionalTesting
from plone.app.async_.testing.layers import AsyncIntegrationTesting
from plone.app.async_.testing.layers import AsyncLayer
from plone.app.async_.testing.live import cleanUpDispatcher
from plone.app.async_.testing.live import createAsyncDB
from plone.app.async_.testing.live import live_worker
from plone.app.async_.testing.live import setUpDispatcher
from plone.app.async_.testing.live import setUpQueue
from plone.app.async_.testing.queued import assert_not_queued
from plone.app.async_.testing.queued import assert_queued
from plone.app.async_.testing.queued import queued_jobs
from plone.app.async_.testing.running import drain
from plone.app.async_.testing.running import inline_jobs
from zc.async_.errors import JobsFailed
from zc.async_.errors import JobsLeft
from zc.async_.errors import NotCommitted
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_for_start


__all__ = [
    "PLONE_APP_ASYNC_ACCEPTANCE_TESTING",
    "PLONE_APP_ASYNC_FIXTURE",
    "PLONE_APP_ASYNC_FUNCTIONAL_TESTING",
    "PLONE_APP_ASYNC_INTEGRATION_TESTING",
    "PLONE_MANAGER_ID",
    "PLONE_MANAGER_NAME",
    "PLONE_MANAGER_PASSWORD",
    "AsyncFunctionalTesting",
    "AsyncIntegrationTesting",
    "AsyncLayer",
    "JobsFailed",
    "JobsLeft",
    "NotCommitted",
    "assert_not_queued",
    "assert_queued",
    "cleanUpDispatcher",
    "createAsyncDB",
    "drain",
    "inline_jobs",
    "live_worker",
    "queued_jobs",
    "setUpDispatcher",
    "setUpQueue",
    "wait_for_result",
    "wait_for_start",
]
