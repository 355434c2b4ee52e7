"""The bulk change of the example add-on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sample_jobs
import transaction
from plone import api
from plone.app.asyncdemo.publishing import jobs
from plone.app.asyncdemo.publishing.jobs import change_tree
from plone.app.testing import TEST_USER_ID
from Products.CMFCore.interfaces import IContentish
from Products.DCWorkflow.interfaces import IAfterTransitionEvent
from zExceptions import BadRequest
from zExceptions import Forbidden
from zExceptions import Unauthorized
from zope.component import getGlobalSiteManager

from zc.async_.interfaces import JobCancelled
from zc.async_.meter import progress_of
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


ITEMS = 7  # the folder, a folder in it, and five pages


@pytest.fixture
def tree(folder, monkeypatch):
    """A private folder with pages, two of them in a folder of their own; committed by two."""
    monkeypatch.setattr(jobs, "COMMIT_EVERY", 2)
    api.content.transition(folder, to_state="private")
    below = api.content.create(folder, "Folder", "below")
    for number in range(5):
        api.content.create(below if number > 2 else folder, "Document", f"page-{number}", title=f"Page {number}")
    transaction.commit()
    return folder


@pytest.fixture
def on_change(functional):
    """Calls a function with each item whose state changes and the paths so far, in the thread of the job."""
    components = getGlobalSiteManager()
    handlers = []

    def on_change(function):
        paths = []

        def handler(item, event):
            if event.transition is not None:  # not when an item is made
                paths.append("/".join(item.getPhysicalPath()))
                function(item, paths)

        components.registerHandler(handler, [IContentish, IAfterTransitionEvent])
        handlers.append(handler)
        return paths

    yield on_change
    for handler in handlers:
        components.unregisterHandler(handler, [IContentish, IAfterTransitionEvent])


def published(tree):
    """The paths of what is published."""
    return sorted(brain.getPath() for brain in api.content.find(context=tree, review_state="published"))


def changes(tree):
    """How often each item was published, by its own history."""
    items = [brain.getObject() for brain in api.content.find(context=tree)]
    workflow = "simple_publication_workflow"
    return [[entry["action"] for entry in item.workflow_history[workflow]].count("publish") for item in items]


def test_the_whole_tree_is_published(tree, run):
    job = run(change_tree.delay(tree, "publish", comment="Well done"))
    assert job.result == {"changed": ITEMS, "unchanged": 0, "refused": 0, "refused_paths": []}
    assert len(published(tree)) == ITEMS
    history = tree["below"]["page-3"].workflow_history["simple_publication_workflow"][-1]
    assert (history["actor"], history["comments"]) == (TEST_USER_ID, "Well done")


def test_what_is_done_already_is_left_alone(tree, run):
    run(change_tree.delay(tree, "publish"))
    assert run(change_tree.delay(tree, "publish")).result["unchanged"] == ITEMS
    assert changes(tree) == [1] * ITEMS


def test_what_the_user_may_not_is_refused_and_named(tree, run, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_PATHS", 1)
    for name in "page-0", "page-1":
        api.content.disable_roles_acquisition(tree[name])
    result = run(change_tree.delay(tree, "publish")).result
    assert (result["changed"], result["refused"]) == (ITEMS - 2, 2)
    assert result["refused_paths"] in (["/plone/work/page-0"], ["/plone/work/page-1"])


def test_what_has_no_such_transition_is_left_alone(tree, run):
    api.content.create(tree, "File", "file")
    assert run(change_tree.delay(tree, "publish")).result["unchanged"] == 1


def test_a_failure_keeps_what_was_committed_and_the_next_job_goes_on(tree, run, failure_of, on_change):
    def fail_once(item, paths):
        if len(paths) == 4:
            raise RuntimeError("broken page")

    changed = on_change(fail_once)
    assert str(failure_of(change_tree.delay(tree, "publish"))) == "broken page"
    assert published(tree) == sorted(changed[:2])

    result = run(change_tree.delay(tree, "publish")).result
    assert (result["changed"], result["unchanged"]) == (ITEMS - 2, 2)
    assert changes(tree) == [1] * ITEMS


def test_a_conflict_with_an_editor_is_tried_again_and_skips_what_is_done(tree, run, on_change):
    """While the third item is changed, an editor changes it, too."""

    def edit(item, paths):
        if len(paths) == 3:
            with ThreadPoolExecutor(1) as editor:
                editor.submit(retitle, tree._p_jar.db(), paths[2]).result(30)

    changed = on_change(edit)
    result = run(change_tree.delay(tree, "publish")).result
    assert (result["changed"], result["unchanged"]) == (ITEMS - 2, 2)
    assert changes(tree) == [1] * ITEMS
    assert api.content.get(path=changed[2]).title == "Edited"


def test_there_may_be_as_many_conflicts_as_items(tree, run, on_change, monkeypatch):
    """An editor is faster with each of them once."""
    monkeypatch.setattr(jobs, "COMMIT_EVERY", 1)

    def edit(item, paths):
        if paths.count(paths[-1]) == 1:
            with ThreadPoolExecutor(1) as editor:
                editor.submit(retitle, tree._p_jar.db(), paths[-1]).result(30)

    on_change(edit)
    assert run(change_tree.delay(tree, "publish")).result["unchanged"] == ITEMS - 1
    assert changes(tree) == [1] * ITEMS


def retitle(db, path):
    """What an editor's request does."""
    connection = db.open()
    try:
        connection.root()["Application"].unrestrictedTraverse(path).title = "Edited"
        transaction.commit()
    finally:
        connection.close()


def test_a_cancelled_job_keeps_what_it_has_done(tree, worker, on_change):
    def hold(item, paths):
        if len(paths) == 4:
            sample_jobs.hold("fourth item")

    changed = on_change(hold)
    job = change_tree.delay(tree, "publish")
    transaction.commit()
    wait_until(lambda: "fourth item" in sample_jobs.GATES.arrived, 30, lambda: "the job did not come so far")
    transaction.begin()
    assert progress_of(job)[:3] == (2, ITEMS, "2 changed")
    job.cancel("the wrong folder")
    transaction.commit()
    sample_jobs.GATES["fourth item"].set()
    assert wait_for_result(job, 30).check(JobCancelled)
    assert published(tree) == sorted(changed[:4])


def test_the_cache_is_kept_small(tree, run, on_change):
    """Without room in the cache, pages that are committed are not in memory when the next items are changed."""
    tree._p_jar.db().setCacheSize(0)
    pages = {}

    def look(item, paths):
        still_there = [path for path, oid in pages.items() if is_loaded(item._p_jar, oid)]
        assert len(still_there) < jobs.COMMIT_EVERY, still_there
        if item.portal_type == "Document":  # folders are on the way to others
            pages[paths[-1]] = item._p_oid

    on_change(look)
    assert run(change_tree.delay(tree, "publish")).result["changed"] == ITEMS


def is_loaded(connection, oid):
    """Whether the connection has the state of the object in memory."""
    obj = connection._cache.get(oid)
    return obj is not None and obj._p_changed is not None


def test_the_form_queues_the_job_and_leads_back(tree, browser, queued, run):
    browser.open(f"{tree.absolute_url()}/@@publish-tree")
    browser.getControl("Transition").getControl("publish", index=0).selected = True
    browser.getControl("Comment").value = "Well done"
    browser.getControl("Queue the job").click()
    assert browser.url == tree.absolute_url()
    assert "A worker is going to" in browser.contents
    job = queued()
    assert run(job).result["changed"] == ITEMS


def test_the_form_is_for_reviewers(tree, not_reviewer):
    with pytest.raises(Unauthorized):
        tree.restrictedTraverse("@@publish-tree")


def test_a_post_needs_the_authenticator(tree, browser):
    with pytest.raises(Forbidden):
        browser.post(f"{tree.absolute_url()}/@@publish-tree", "transition=publish")


@pytest.mark.parametrize("fields", ["transition=fly", *(f"transition=publish&pause={bad}" for bad in ("x", "nan", -1))])
def test_a_form_without_sense_is_refused(tree, browser, fields):
    browser.open(f"{tree.absolute_url()}/@@publish-tree")
    token = browser.getControl(name="_authenticator").value
    with pytest.raises(BadRequest):
        browser.post(browser.url, f"{fields}&_authenticator={token}")
