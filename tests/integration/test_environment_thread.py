"""What a job leaves in its thread: nothing."""

def path_of(context, *args):
    return context.getPhysicalPath()


def add_document(context, name):
    context.invokeFactory("Document", name)


def thread_state():
    return getSite(), getRequest(), getSecurityManager().getUser().getId(), dict(SKINDATA)


@pytest.mark.parametrize("function", [path_of, add_document])
def test_the_thread_is_as_it_was(service, site, folder, run_here, function):
    site.clearCurrentSkin()
    site.setupCurrentSkin(getRequest())
    login(site, "jane")
    job = service.queueJob(function, site, "report")
    login(site, "test-user")
    setSite(folder.aq_parent)
    before = thread_state()
    run_here(job)
    assert thread_state() == before
    assert IPloneSiteRoot.providedBy(getSite())
    assert getRequest()["URL"]


def test_the_thread_is_as_it_was_when_the_user_is_gone(service, site, folder, run_here):
    login(site, "jane")
    job = service.queueJob(path_of, folder)
    login(site, "test-user")
    site.acl_users.userFolderDelUsers(["jane"])
    before = thread_state()
    run_here(job)
    assert str(job.result.value) == "User jane not found"
    assert thread_state() == before
