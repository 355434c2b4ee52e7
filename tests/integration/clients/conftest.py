"""The example add-on in the site, and what its two clients need there."""

from email import message_from_bytes
from email import policy
from pathlib import Path

import plone.app.asyncdemo
import pytest
import transaction
from plone import api
from plone.app.testing import TEST_USER_ID
from plone.app.testing import setRoles
from zope.component.hooks import setSite
from zope.configuration import xmlconfig

from zc.async_ import cancel


@pytest.fixture
def site(functional):
    """The site with the add-on and a workflow."""
    site = functional["portal"]
    setSite(None)  # for the registrations are not the site's own
    xmlconfig.file("configure.zcml", plone.app.asyncdemo, context=functional["configurationContext"])
    setSite(site)
    api.portal.get_tool("portal_workflow").setDefaultChain("simple_publication_workflow")
    setRoles(site, TEST_USER_ID, ["Contributor", "Editor"])
    transaction.commit()
    return site


@pytest.fixture
def folder(folder):
    """A folder that the test user is the reviewer of."""
    folder.manage_addLocalRoles(TEST_USER_ID, ["Reviewer"])
    folder.reindexObjectSecurity()
    return folder


@pytest.fixture
def not_reviewer(folder):
    """The test user is not any more."""
    folder.manage_delLocalRoles([TEST_USER_ID])
    transaction.commit()


@pytest.fixture
def queued(service):
    """The job that is in the queue."""

    def queued():
        transaction.begin()
        (job,) = service.getQueues()[""]
        return job

    return queued


@pytest.fixture
def worker(worker, monkeypatch):
    """A dispatcher whose jobs see at once that they are cancelled."""
    monkeypatch.setattr(cancel, "LOOK_INTERVAL", 0)
    return worker


class MailDir:
    """The queue of the site's mail host."""

    def __init__(self, folder: Path):
        self.folder = folder

    @property
    def messages(self):
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default) for path in (self.folder / "new").iterdir()
        ]

    @property
    def recipients(self):
        """The names before the @, each as often as there are messages."""
        return sorted(message["To"].partition("@")[0] for message in self.messages)


@pytest.fixture
def maildir(site, tmp_path, monkeypatch):
    """What the mail host has queued; nothing is delivered."""
    monkeypatch.setenv("MAILHOST_QUEUE_ONLY", "1")
    for name, value in {"smtp_host": "localhost", "email_from_address": "site@example.com"}.items():
        api.portal.set_registry_record(f"plone.{name}", value)
    host = api.portal.get_tool("MailHost")
    host.smtp_queue, host.smtp_queue_directory = True, str(tmp_path / "mail")
    (tmp_path / "mail" / "new").mkdir(parents=True)
    for name in "cur", "tmp":
        (tmp_path / "mail" / name).mkdir()
    transaction.commit()
    return MailDir(tmp_path / "mail")
