"""Where a job runs: the site, and the object that it works on."""

import pytest
import transaction
from Acquisition import aq_base
from Acquisition import aq_parent
from zExceptions import BadRequest


def path_of(context, *args):
    return context.getPhysicalPath()


def test_P10_a_site_that_was_deleted(service, site, folder, failure_of):
    job = service.queueJob(path_of, folder)
    transaction.commit()
    root = aq_parent(site)
    base = aq_base(site)
    root._delOb("plone")
    with_failure = failure_of(job)
    root._setOb("plone", base)
    transaction.commit()
    assert str(with_failure) == "Portal path /plone not found"


def test_P10_a_context_that_was_deleted(service, folder, failure_of):
    folder.invokeFactory("Folder", "deep")
    job = service.queueJob(path_of, folder["deep"])
    transaction.commit()
    folder.manage_delObjects(["deep"])
    error = failure_of(job)
    assert (type(error), str(error)) == (BadRequest, "Context path /plone/work/deep not found")


def test_P11_a_namesake_of_the_context_is_never_used(service, site, folder, run):
    folder.invokeFactory("Folder", "work")
    folder["work"].invokeFactory("Document", "one")
    inner = service.queueJob(path_of, folder["work"])
    deeper = service.queueJob(path_of, folder["work"]["one"])
    transaction.commit()
    folder.manage_delObjects(["work"])
    folder.invokeFactory("Document", "one")
    assert str(run(inner).result.value) == "Context path /plone/work/work not found"
    assert str(run(deeper).result.value) == "Context path /plone/work/work/one not found"


def test_a_successor_at_the_same_path_is_another_object(service, folder, failure_of):
    folder.invokeFactory("Document", "one")
    job = service.queueJob(path_of, folder["one"])
    transaction.commit()
    folder.manage_delObjects(["one"])
    folder.invokeFactory("Document", "one")
    assert str(failure_of(job)) == "Context path /plone/work/one not found"


def test_a_context_that_was_moved_is_found(service, folder, run):
    folder.invokeFactory("Folder", "target")
    folder.invokeFactory("Document", "one")
    job = service.queueJob(path_of, folder["one"])
    transaction.commit()
    folder["target"].manage_pasteObjects(folder.manage_cutObjects(["one"]))
    folder["target"].manage_renameObject("one", "two")
    assert run(job).result == ("", "plone", "work", "target", "two")


@pytest.mark.parametrize("path", ["/", "/plone", "/plone/portal_catalog", "/acl_users"])
def test_contexts_without_uid(service, site, folder, run, path):
    context = site.unrestrictedTraverse(path)
    assert run(service.queueJob(path_of, context)).result == context.getPhysicalPath()
