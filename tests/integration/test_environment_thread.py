"""What a job leaves in its thread: nothing, so that the next one finds what it would find in a new thread."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import get_ident

import pytest
import transaction
from AccessControl import getSecurityManager
from AccessControl.SecurityManagement import newSecurityManager
from AccessControl.SpecialUsers import system
from five.localsitemanager import make_objectmanager_site
from plone import api
from plone.app.contentrules import handlers as rules
from plone.app.testing import login
from plone.base.interfaces import IPloneSiteRoot
from plone.memoize.view import memoize_contextless
from Products.CMFCore.indexing import getQueue
from Products.CMFCore.Skinnable import SKINDATA
from Products.Five.browser import BrowserView
from zope.annotation.interfaces import IAnnotations
from zope.component.hooks import getSite
from zope.component.hooks import setSite
from zope.globalrequest import getRequest
from zope.globalrequest import setRequest
from zope.globalrequest.local import localData
from zope.i18n import translate
from zope.security.management import endInteraction
from zope.security.management import queryInteraction


def path_of(context, *args):
    return context.getPhysicalPath()


def add_document(context, name):
    context.invokeFactory("Document", name)


# Ways to leave something behind


def index(context):
    """Put something on the index queue, which is the thread's."""
    context.setTitle("Spoilt")
    context.reindexObject()
    assert getQueue().length()


def become_system(context):
    newSecurityManager(None, system)


def borrow_roles(context):
    api.env.adopt_roles(["Manager"]).__enter__()


def move_to_another_site(context):
    make_objectmanager_site(context)
    setSite(context)


def forget_everything(context):
    setSite(None)
    setRequest(None)
    endInteraction()


def change_skin(context):
    skins = context.portal_skins
    skins.addSkinSelection("Other", skins.getSkinPath(skins.getDefaultSkin()))
    context.portal_url.getPortalObject().changeSkin("Other", None)


def break_a_rule(context):
    """What a content rule leaves that raised an error."""
    rules.init()
    rules._status.rule_filter.in_progress = True
    rules._status.rule_filter.executed.add(("uid", "rule"))


class Memory(BrowserView):
    @memoize_contextless
    def remember(self, value):
        return value


def remember(context):
    IAnnotations(getRequest())["remembered"] = True
    getRequest()["LANGUAGE"] = "de"
    getRequest().RESPONSE.setCookie("remembered", "1")
    assert Memory(context, getRequest()).remember("x") == "x"


def embed(context):
    """A request within the request."""
    context.restrictedTraverse("@@plone_portal_state")
    getRequest().clone()
    setRequest(getRequest().clone())


def begin_anew(context):
    index(context)
    transaction.begin()
    index(context)


def doom(context):
    index(context)
    transaction.doom()


LEAVERS = (
    index,
    become_system,
    borrow_roles,
    move_to_another_site,
    forget_everything,
    change_skin,
    break_a_rule,
    remember,
    embed,
    begin_anew,
    doom,
)


def leave_and_fail(context, name):
    globals()[name](context)
    raise ValueError(name)


def leave_and_exit(context, name):
    globals()[name](context)
    sys.exit(1)


def leave_and_conflict_at_commit(context, name):
    globals()[name](context)

    def refuse():
        raise ValueError(name)

    transaction.get().addBeforeCommitHook(refuse)


# What a job finds, and what is left


def found(context):
    """Whatever in the thread could be somebody else's."""
    request = getRequest()
    return {
        "user": api.user.get_current().getId(),
        "roles": api.user.get_roles(),
        "proxy": getSecurityManager().getUser().getId(),
        "may": getSecurityManager().checkPermission("Manage portal", context),
        "site": getSite().getPhysicalPath(),
        "skin": context.getCurrentSkinName(),
        "language": [request["LANGUAGE"], translate("Home", domain="plone", context=request)],
        "annotations": sorted(map(str, IAnnotations(request))),
        "cookies": [dict(request.cookies), dict(request.response.cookies)],
        "memory": Memory(context, request).remember("y"),
        "indexing": getQueue().length(),
        "rules": rule_state(),
        "titles": sorted(brain.Title for brain in context.portal_catalog(path="/plone/work")),
        "note": transaction.get().description,
    }


def rule_state():
    state = getattr(rules._status, "rule_filter", None)
    return (False, 0) if state is None else (state.in_progress, len(state.executed))


def thread_state():
    return {
        "site": getSite(),
        "request": getRequest(),
        "other globals": {name: value for name, value in vars(localData).items() if value is not None},
        "user": getSecurityManager().getUser().getId(),
        "skin": SKINDATA.get(get_ident()),
        "interaction": queryInteraction(),
        "indexing": getQueue().length(),
        "rules": rule_state(),
        "signed": transaction.begin().description,
    }


@pytest.fixture
def run_in_one_thread(run_committed):
    """Commits and runs jobs one after the other in one new thread; the state of the thread before and after each."""

    def run(*jobs):
        transaction.commit()
        with ThreadPoolExecutor(1) as thread:
            states = [thread.submit(thread_state).result(60)]
            for job in jobs:
                thread.submit(run_committed, job).result(60)
                states.append(thread.submit(thread_state).result(60))
        transaction.begin()
        return states

    return run


@pytest.mark.parametrize("leave", LEAVERS)
@pytest.mark.parametrize("way", [leave_and_fail, leave_and_exit, leave_and_conflict_at_commit])
def test_K78_the_next_job_sees_nothing_of_one_that_failed(service, folder, run, run_in_one_thread, leave, way):
    alone = run(service.queueJob(found, folder)).result
    spoiler, follower = service.queueJob(way, folder, leave.__name__), service.queueJob(found, folder)
    before, between, after = run_in_one_thread(spoiler, follower)
    assert isinstance(spoiler.result.value, (ValueError, SystemExit, transaction.interfaces.DoomedTransaction))
    assert before == between == after
    assert follower.result == alone


@pytest.mark.parametrize("leave", [each for each in LEAVERS if each not in (index, change_skin, begin_anew, doom)])
def test_K78_nor_of_one_that_went_well(service, folder, run, run_in_one_thread, leave):
    alone = run(service.queueJob(found, folder)).result
    spoiler, follower = service.queueJob(leave, folder), service.queueJob(found, folder)
    before, between, after = run_in_one_thread(spoiler, follower)
    assert spoiler.result is None
    assert before == between == after
    assert follower.result == alone


def test_K78_what_was_committed_is_all_that_stays(service, folder, run_in_one_thread):
    spoiler, follower = service.queueJob(index, folder), service.queueJob(found, folder)
    run_in_one_thread(spoiler, follower)
    assert follower.result["titles"] == ["Spoilt"]


def test_K78_users_and_languages_do_not_mix(service, site, folder, run_in_one_thread):
    mine = service.queueJob(found, folder)
    login(site, "jane")
    getRequest().set("LANGUAGE", "de")
    hers = service.queueJob(found, folder)
    login(site, "test-user")
    getRequest().set("LANGUAGE", "en")
    again = service.queueJob(found, folder)
    run_in_one_thread(mine, hers, again)
    assert again.result == mine.result
    assert (mine.result["user"], hers.result["user"]) == ("test_user_1_", "jane")
    assert (mine.result["language"], hers.result["language"]) == (["en", "Home"], ["de", "Startseite"])


def of_request():
    return getSite(), getRequest(), getSecurityManager().getUser().getId(), dict(SKINDATA), queryInteraction()


@pytest.mark.parametrize("function", [path_of, add_document])
def test_P12_the_thread_of_a_request_is_as_it_was(service, site, folder, run_here, function):
    site.clearCurrentSkin()
    site.setupCurrentSkin(getRequest())
    login(site, "jane")
    job = service.queueJob(function, site, "report")
    login(site, "test-user")
    setSite(folder.aq_parent)
    before = of_request()
    run_here(job)
    assert of_request() == before
    assert IPloneSiteRoot.providedBy(getSite())
    assert getRequest()["URL"]


def test_P12_the_skin_of_a_request_is_not_that_of_the_job(service, site, folder, run_here):
    job = service.queueJob(found, folder)
    change_skin(folder)
    before = of_request()
    assert site.getCurrentSkinName() == "Other"
    assert run_here(job).result["skin"] == "Plone Default"
    assert of_request() == before


def test_P12_also_when_the_user_is_gone(service, site, folder, run_here):
    login(site, "jane")
    job = service.queueJob(path_of, folder)
    login(site, "test-user")
    site.acl_users.userFolderDelUsers(["jane"])
    before = of_request()
    run_here(job)
    assert str(job.result.value) == "User jane not found"
    assert of_request() == before
