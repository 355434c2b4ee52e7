"""Settings of a site: they hold for the queues at once, and only what somebody saves."""

from datetime import timedelta

import pytest
import transaction
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.app.testing import login
from plone.base.utils import get_installer
from plone.registry.interfaces import IRegistry
from plone.testing.zope import Browser
from zExceptions import Forbidden
from zope.component import getUtility
from zope.globalrequest import setRequest
from zope.interface import Invalid

from plone.app.async_.settings import tuning
from plone.app.async_.settings.schema import IJobQueueSettings
from zc.async_.interfaces import KEY


ADMIN, PASSWORD = "admin-of-the-site", "correct horse battery"


@pytest.fixture
def settings(functional, site):
    """The records in the registry of a site with the add-on, for a manager of the Zope root."""
    login(functional["app"], SITE_OWNER_NAME)
    get_installer(site).install_product("plone.app.async")
    transaction.commit()
    return getUtility(IRegistry).forInterface(IJobQueueSettings, prefix="plone.app.async")


@pytest.fixture
def queues(service):
    queues = service.getQueues()
    transaction.commit()
    return queues


@pytest.fixture
def browser(functional, settings):
    def browser(user, password):
        one = Browser(functional["app"])
        one.addHeader("Authorization", f"Basic {user}:{password}")
        one.open(f"{functional['portal'].absolute_url()}/@@job-queue-settings")
        return one

    return browser


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("default_quota_size", 4, lambda queues: queues[""].quotas["default"].size == 4),
        ("keep_completed_days", 2, lambda queues: queues[""].keep_completed_for == timedelta(days=2)),
        ("keep_completed_jobs", 1000, lambda queues: queues[""].keep_completed == 1000),
        ("poll_interval", 9, lambda queues: queues.poll_interval == timedelta(seconds=9)),
        ("ping_interval", 60, lambda queues: queues.ping_interval == timedelta(seconds=60)),
        ("ping_death_interval", 900, lambda queues: queues.ping_death_interval == timedelta(seconds=900)),
        ("grace", 30, lambda queues: queues.grace == timedelta(seconds=30)),
    ],
)
def test_K36_a_saved_setting_holds_in_the_same_transaction(settings, queues, name, value, held):
    assert not held(queues)
    setattr(settings, name, value)
    assert held(queues)
    assert tuning.read(queues, name) == value
    transaction.abort()
    assert not held(queues)


def test_each_setting_is_kept_somewhere():
    assert {*tuning.ATTRIBUTES, tuning.QUOTA_SIZE} == set(IJobQueueSettings.names())


def test_what_holds_without_settings_is_the_default(queues):
    for name in IJobQueueSettings.names():
        assert tuning.read(None, name) == tuning.read(queues, name) == IJobQueueSettings[name].default


def test_P31_K88_installing_changes_nothing_that_was_tuned(site, queues):
    queues[""].quotas["default"].size = 7
    queues.keep_completed = 123
    transaction.commit()
    before = queues[""].quotas["default"]._p_serial, queues._p_serial
    installer = get_installer(site)
    for act in (installer.install_product, installer.uninstall_product, installer.install_product):
        assert act("plone.app.async")
    transaction.commit()
    assert (queues[""].quotas["default"]._p_serial, queues._p_serial) == before


def test_saving_what_holds_already_writes_nothing(settings, queues):
    settings.grace = 30
    transaction.commit()
    before = queues._p_serial
    settings.grace = 30
    transaction.commit()
    assert queues._p_serial == before


def test_what_was_tuned_since_then_is_overwritten_by_saving_again(settings, queues):
    settings.keep_completed_jobs = 1000
    queues.keep_completed = 5
    settings.keep_completed_jobs = 1000
    assert queues.keep_completed == 1000


def test_a_queue_with_a_value_of_its_own_keeps_it(settings, queues):
    queues[""].keep_completed = 5
    settings.keep_completed_jobs = 1000
    assert queues[""].keep_completed == 5


def test_settings_can_be_saved_before_any_queue_is_there(settings, site):
    assert KEY not in site._p_jar.root()
    settings.default_quota_size = 3
    assert site._p_jar.root()[KEY][""].quotas["default"].size == 3


@pytest.mark.parametrize(("ping", "death", "fits"), [(120, 300, True), (150, 300, True), (151, 300, False)])
def test_a_worker_must_not_be_dead_before_it_had_to_ping(settings, ping, death, fits):
    settings.ping_interval, settings.ping_death_interval = ping, death
    errors = []
    if fits:
        IJobQueueSettings.validateInvariants(settings)
    else:
        with pytest.raises(Invalid, match="setting_death_too_short"):
            IJobQueueSettings.validateInvariants(settings, errors)


def test_the_form_shows_what_holds_and_saves_what_is_changed(browser, queues, settings):
    queues[""].quotas["default"].size = 7
    transaction.commit()
    one = browser(SITE_OWNER_NAME, SITE_OWNER_PASSWORD)
    size = one.getControl(name="form.widgets.default_quota_size")
    assert size.value == "7"
    size.value = "9"
    one.getControl("Save").click()
    assert "Changes saved" in one.contents
    transaction.begin()
    assert queues[""].quotas["default"].size == settings.default_quota_size == 9
    assert queues.grace is None


def test_the_form_does_not_write_when_it_is_shown(browser, site):
    browser(SITE_OWNER_NAME, SITE_OWNER_PASSWORD)
    transaction.begin()
    assert KEY not in site._p_jar.root()


def test_the_form_refuses_without_authenticator(browser, queues):
    one = browser(SITE_OWNER_NAME, SITE_OWNER_PASSWORD)
    one.getControl(name="form.widgets.default_quota_size").value = "9"
    one.getControl(name="_authenticator", index=0).value = "guessed"
    one.raiseHttpErrors = False
    one.getControl("Save").click()
    transaction.begin()
    assert one.headers["status"].startswith("403")
    assert queues[""].quotas["default"].size == 1


def test_the_form_tells_which_intervals_do_not_fit(browser, queues):
    one = browser(SITE_OWNER_NAME, SITE_OWNER_PASSWORD)
    one.getControl(name="form.widgets.ping_interval").value = "200"
    one.getControl("Save").click()
    assert "must be at least twice the ping interval" in one.contents
    transaction.begin()
    assert queues.ping_interval is None


@pytest.fixture
def site_administrator(site):
    """Logged in, a user of the site who may see and steer all its jobs."""
    site.acl_users.userFolderAddUser(ADMIN, PASSWORD, ["Member", "Site Administrator"], [])
    transaction.commit()
    login(site, ADMIN)


@pytest.fixture
def neighbour(functional):
    """What may hold another site, which shares the queues."""
    functional["app"].manage_addFolder("more")
    transaction.commit()


def test_the_administrator_of_the_only_site_saves(settings, queues, site_administrator):
    settings.grace = 30
    assert tuning.read(queues, "grace") == 30


def test_the_administrator_of_one_of_several_sites_does_not(settings, queues, site_administrator, neighbour):
    with pytest.raises(Forbidden, match="only a manager of the Zope root"):
        settings.grace = 30
    assert queues.grace is None


def test_what_holds_already_may_be_saved_by_all(settings, queues, site_administrator, neighbour):
    queues.grace = timedelta(seconds=30)
    settings.grace = 30
    assert settings.grace == 30


def test_scripts_have_no_request_and_may(settings, queues, site_administrator, neighbour):
    setRequest(None)
    settings.grace = 30
    assert tuning.read(queues, "grace") == 30


def test_the_form_tells_others_why_they_cannot_save(browser, queues, site_administrator, neighbour):
    one = browser(ADMIN, PASSWORD)
    assert "only a manager of the Zope root" in one.contents
    assert "Save" not in one.contents
    one.post(one.url, "form.widgets.grace=30&form.buttons.save=Save")
    transaction.begin()
    assert queues.grace is None


def test_saving_is_recorded(settings, queues):
    settings.grace = 30
    assert [(deed.who, deed.what, deed.details) for deed in queues[""].history] == [("admin", "setting", "grace: 30")]


def test_members_do_not_get_the_form(browser):
    one = browser(TEST_USER_NAME, TEST_USER_PASSWORD)
    assert "form.widgets.default_quota_size" not in one.contents
    assert "insufficient-privileges" in one.url
