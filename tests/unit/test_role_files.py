"""The ZCML of the roles, by the old dotted name."""

import pytest
from zope.component import getGlobalSiteManager
from zope.component import queryUtility
from zope.component.testing import setUp
from zope.component.testing import tearDown
from zope.configuration import xmlconfig
from zope.dottedname.resolve import resolve
from zope.processlifetime import IDatabaseOpenedWithRoot
from zope.processlifetime import IProcessStarting

from plone.app.async_ import config
from plone.app.async_.interfaces import IInitAsync
from plone.app.async_.interfaces import IQueueReady
from plone.app.async_.worker import InitWorker
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.monitor import IMonitorPlugin


ROLES = {
    "single_db.zcml": config.InitSingleDBWorker,
    "single_db_worker.zcml": config.InitSingleDBWorker,
    "single_db_instance.zcml": config.InitSingleDBInstance,
    "multi_db.zcml": config.InitMultiDBWorker,
    "multi_db_worker.zcml": config.InitMultiDBWorker,
    "multi_db_instance.zcml": config.InitMultiDBInstance,
}


@pytest.fixture(autouse=True)
def components():
    setUp()
    yield
    tearDown()


def load(zcml):
    xmlconfig.string(f"""
        <configure xmlns="http://namespaces.zope.org/zope">
          <include package="Products.Five" file="meta.zcml" />
          <include package="AccessControl" file="permissions.zcml" />
          {zcml}
        </configure>""")


def handlers(interface):
    return [each.handler for each in getGlobalSiteManager().registeredHandlers() if each.required == (interface,)]


@pytest.mark.parametrize("file", ROLES)
@pytest.mark.parametrize("include", ["include", "includeOverrides"])
def test_P2_a_role_file_registers_its_role(tmp_path, file, include):
    (tmp_path / "additional.zcml").write_text(f"""
        <configure xmlns="http://namespaces.zope.org/zope">
          <include package="plone.app.async" file="{file}" />
        </configure>""")
    load(f"""
        <include package="plone.app.async" />
        <{include} file="{tmp_path / "additional.zcml"}" />""")
    assert type(queryUtility(IInitAsync)) is ROLES[file]
    assert config.databases_opened in handlers(IDatabaseOpenedWithRoot)
    assert handlers(IProcessStarting) == [config.process_starting]
    is_worker = issubclass(ROLES[file], InitWorker)
    assert len(handlers(IDispatcherActivated)) == (3 if is_worker else 0)
    assert len(handlers(IQueueReady)) == (1 if is_worker else 0)
    assert {"async", "asyncdb", "help", "interactive", "quit"} <= {
        each.name for each in getGlobalSiteManager().registeredUtilities() if each.provided is IMonitorPlugin
    }


def test_the_package_alone_gives_no_role():
    load('<include package="plone.app.async" />')
    assert queryUtility(IInitAsync) is None
    assert config.databases_opened not in handlers(IDatabaseOpenedWithRoot)
    assert handlers(IProcessStarting) == []


@pytest.mark.parametrize(("name", "database"), [("InitSingleDB", "main"), ("InitMultiDB", "async")])
def test_names_from_before_there_were_instances_are_workers(name, database):
    role = resolve(f"plone.app.async.config.{name}")
    assert issubclass(role, InitWorker)
    assert role.db_name == database
