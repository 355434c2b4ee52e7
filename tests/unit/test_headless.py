"""What makes a process a worker that has another role, or none."""

from types import SimpleNamespace

import pytest
import Zope2

from plone.app.async_ import config
from plone.app.async_ import headless


@pytest.mark.parametrize("role", [config.InitSingleDBWorker(), config.InitMultiDBWorker()])
def test_a_worker_stays_what_it_is(monkeypatch, role):
    monkeypatch.setattr(headless, "queryUtility", lambda interface: role)
    monkeypatch.setattr(headless, "load_config", None)
    headless.become_worker()
    assert role.serves is False


@pytest.mark.parametrize(
    ("instance", "worker"),
    [(config.InitSingleDBInstance, "single_db_worker.zcml"), (config.InitMultiDBInstance, "multi_db_worker.zcml")],
)
def test_an_instance_gets_the_role_file_of_a_worker_of_the_same_queues(monkeypatch, instance, worker):
    roles, loaded = [instance()], []

    def load_config(file, package):
        loaded.append((file, package.__name__))
        roles.append(config.InitSingleDBWorker())

    for module in headless, config:
        monkeypatch.setattr(module, "queryUtility", lambda interface: roles[-1])
    monkeypatch.setattr(headless, "load_config", load_config)
    monkeypatch.setattr(Zope2, "DB", SimpleNamespace(databases={}), raising=False)
    headless.become_worker()
    assert loaded == [(worker, "plone.app.async")]
    assert roles[-1].serves is False
