"""The ZCML of the roles, by the old dotted name."""

import pytest
from zope.component import getGlobalSiteManager
from zope.component import queryUtility
from zope.component.testing import setUp
from zope.component.testing import tearDown
from zope.configuration import xmlconfig
from zope.processlifetime import IDatabaseOpenedWithRoot
from zope.processlifetime import IProcessStarting

from plone.app.async_ import config
from plone.app.async_.interfaces import IInitAsync
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.monitor import IMonitorPlugin


ROLES = {
    "single_db.zcml": config.InitSingleDBWorker,
    "single_db_worker.zcml": config.InitSingleDBWorker,
    "single_db_instance.zcml": config.InitSingleDBInstance,
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
          {zcml}
        </configure>""")


def handlers(interface):
    return [each.handler for each in getGlobalSiteManager().registeredHandlers() if each.required == (interface,)]


@pytest.mark.parametrize("file", ROLES)
@pytest.mark.parametrize("include", ["include", "includeOverrides"])
def test_a_role_file_registers_its_role(tmp_path, file, include):
    (tmp_path / "additional.zcml").write_text(f"""
        <configure xmlns="http://namespaces.zope.org/zope">
          <include package="plone.app.async" file="{file}" />
        </configure>""")
    load(f"""
        <include package="plone.app.async" />
        <{include} file="{tmp_path / "additional.zcml"}" />""")
    assert type(queryUtility(IInitAsync)) is ROLES[file]
    assert handlers(IDatabaseOpenedWithRoot) == [config.databases_opened]
    assert handlers(IProcessStarting) == [config.process_starting]
    is_worker = ROLES[file] is config.InitSingleDBWorker
    assert len(handlers(IDispatcherActivated)) == (3 if is_worker else 0)
    assert {"async", "help", "interactive", "quit"} <= {
        each.name for each in getGlobalSiteManager().registeredUtilities() if each.provided is IMonitorPlugin
    }


def test_the_package_alone_gives_no_role():
    load('<include package="plone.app.async" />')
    assert queryUtility(IInitAsync) is None
    assert handlers(IProcessStarting) == []
