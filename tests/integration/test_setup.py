"""What configure.zcml registers, and what the profile adds to a site and takes away again."""

import threading
from importlib import metadata

import pytest
import transaction
from AccessControl.PermissionRole import rolesForPermissionOn
from plone.base.interfaces import INonInstallable
from plone.base.utils import get_installer
from plone.browserlayer.utils import registered_layers
from plone.registry.interfaces import IRegistry
from Products.GenericSetup.interfaces import EXTENSION
from zope.component import getAllUtilitiesRegisteredFor
from zope.component import getUtility
from zope.security.interfaces import IPermission

from plone.app.async_.layer import IPloneAppAsyncLayer
from plone.app.async_.settings.schema import PREFIX
from zc.async_.interfaces import KEY


PACKAGE = "plone.app.async"
DEFAULT = f"{PACKAGE}:default"
MANAGE = "plone.app.async: Manage job queue"


@pytest.fixture
def installer(site):
    return get_installer(site)


@pytest.fixture
def installed(installer):
    assert installer.install_product(PACKAGE)


def records():
    return [name for name in getUtility(IRegistry).records if name.startswith(PREFIX)]


@pytest.mark.parametrize(
    ("name", "title", "roles"),
    [
        ("ManageJobQueue", MANAGE, {"Manager", "Site Administrator"}),
        ("ViewOwnJobs", "plone.app.async: View own jobs", {"Authenticated"}),
    ],
)
def test_the_permissions_are_there_without_the_profile(site, name, title, roles):
    permission = getUtility(IPermission, f"plone.app.async.{name}")
    assert permission.title == title
    assert set(rolesForPermissionOn(title, site)) == roles


def test_nothing_is_started(service):
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("zc.async")]


def test_P3_P43_jobs_can_be_queued_without_the_profile_and_before_any_worker(installer, service, site, run):
    assert not installer.is_product_installed(PACKAGE)
    assert KEY not in site._p_jar.root()
    job = service.queueJob(str, site)
    assert run(job).result == str(site)


def test_P4_the_default_queue_and_its_quota_come_with_the_first_use(service):
    assert service.getQueues()[""].quotas["default"].size == 1


def test_the_add_on_panel_offers_it(installer, site):
    assert installer.is_product_installable(PACKAGE)
    profile = site.portal_setup.getProfileInfo(DEFAULT)
    assert profile["title"] == "Job queue"
    assert profile["description"]
    assert installer.get_product_version(PACKAGE) == metadata.version(PACKAGE)


def test_the_uninstall_profile_is_offered_to_nobody(installer):
    hidden = [each.getNonInstallableProfiles() for each in getAllUtilitiesRegisteredFor(INonInstallable)]
    assert installer.get_install_profile(PACKAGE)["id"] == DEFAULT
    assert installer.get_uninstall_profile(PACKAGE)["id"] == f"{PACKAGE}:uninstall"
    assert [f"{PACKAGE}:uninstall"] in hidden


def test_installed_it_has_layer_and_settings(installed, installer):
    assert installer.is_product_installed(PACKAGE)
    assert IPloneAppAsyncLayer in registered_layers()
    assert len(records()) == 7


def test_uninstalled_it_leaves_nothing(installed, installer, site):
    site.manage_permission(MANAGE, ["Manager", "Editor"])
    assert installer.uninstall_product(PACKAGE)
    assert not installer.is_product_installed(PACKAGE)
    assert IPloneAppAsyncLayer not in registered_layers()
    assert records() == []
    assert [name for name in vars(site) if name.startswith("_plone_app_async")] == []


def test_jobs_stay_when_it_is_uninstalled(installed, installer, service, site):
    job = service.queueJob(str, site)
    transaction.commit()
    installer.uninstall_product(PACKAGE)
    assert list(service.getQueues()[""]) == [job]


def test_it_can_be_installed_again(installed, installer):
    installer.uninstall_product(PACKAGE)
    assert installer.install_product(PACKAGE)
    assert len(records()) == 7


def test_upgrade_steps_lead_from_the_first_version_to_the_current(installed, site):
    setup, version = site.portal_setup, "1000"
    setup.setLastVersionForProfile(DEFAULT, version)
    groups = [step if isinstance(step, list) else [step] for step in setup.listUpgrades(DEFAULT)]
    steps = {group[0]["ssource"]: group[0]["sdest"] for group in groups}
    while version in steps:
        version = steps.pop(version)
    assert steps == {}
    assert version == setup.getVersionForProfile(DEFAULT)
    setup.upgradeProfile(DEFAULT)
    assert setup.getLastVersionForProfile(DEFAULT) == (version,)


def test_both_profiles_are_extensions(site):
    ids = {info["id"]: info["type"] for info in site.portal_setup.listProfileInfo() if info["product"] == PACKAGE}
    assert ids == {DEFAULT: EXTENSION, f"{PACKAGE}:uninstall": EXTENSION}
