"""What the pages in the Control_Panel show of the jobs of all sites."""

from html import unescape

import pytest
import transaction
from overview_fixtures import WORKER
from overview_fixtures import agent_of
from overview_fixtures import oust
from zope.component.hooks import setSite

from plone.app.async_.overview.ids import id_of
from zc.async_.queue import Queue


PANEL = "http://nohost/Control_Panel"

BAD = "<script>alert('\"bad\"')</script>"


def add(context, *numbers):
    return sum(numbers)


def fail(context, text):
    raise ValueError(text)


def of_no_site():
    return 42


def rows(browser):
    """The ids of the jobs in the list."""
    return [box.optionValue for box in browser.getControl(name="ids").controls]


def listed(browser, parameters):
    browser.open(f"{PANEL}/@@manage-jobs?{parameters}")
    assert browser.headers["status"].startswith("200")
    return rows(browser) if 'name="ids"' in browser.contents else []


@pytest.fixture
def jobs(service, queue, folder, site, other_site):
    """A job of each of two sites, and one of none; their ids."""
    ours = service.queueJob(add, folder, 1)
    setSite(other_site)
    theirs = service.queueJob(add, other_site, 2)
    setSite(site)
    nobodys = queue.put(of_no_site)
    transaction.commit()
    return {"ours": id_of(ours), "theirs": id_of(theirs), "nobody's": id_of(nobodys)}


def test_P40_the_tab_is_on_all_pages_of_the_control_panel(browse):
    browser = browse()

    for page in "", "Database/", "Configuration/", "DavLocks/", "DebugInfo/", "ZODBConnections/":
        browser.open(f"{PANEL}/{page}manage_main")
        browser.getLink("Asynchronous jobs").click()
        assert browser.url == f"{PANEL}/@@manage-jobs"
        assert browser.contents.count(">Asynchronous jobs</a>") == 1


def test_P40_without_jobs_and_workers_it_says_what_to_do(panel):
    assert "There are no jobs." in panel.contents
    assert "No worker has ever started" in panel.contents
    assert "plone-async worker" in panel.contents


def test_P40_a_worker_that_was_stopped_is_to_be_started_again(queue, browse):
    agent_of(queue)
    transaction.commit()
    browser = browse()
    browser.open(f"{PANEL}/@@manage-jobs")
    assert "No worker is alive" not in browser.contents

    queue.dispatchers[WORKER].deactivate()
    transaction.commit()
    browser.open(f"{PANEL}/@@manage-jobs")
    assert "No worker is alive" in browser.contents and "bin/worker start" in browser.contents


def test_P40_jobs_of_all_sites_and_of_none_are_listed(jobs, panel):
    assert sorted(rows(panel)) == sorted(jobs.values())


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ("site=/plone", {"ours"}),
        ("site=/other", {"theirs"}),
        ("site=none", {"nobody's"}),
        ("callable=of_no_site", {"nobody's"}),
        ("user=test_user_1_", {"ours", "theirs"}),
        ("text=/other", {"theirs"}),
        ("state=waiting&queue=default", {"ours", "theirs", "nobody's"}),
        ("state=failed", set()),
        ("queue=second", set()),
    ],
)
def test_P40_jobs_are_filtered(queue, jobs, browse, parameters, names):
    queue.parent["second"] = Queue()
    transaction.commit()

    found = listed(browse(), parameters)

    assert {name for name, job_id in jobs.items() if job_id in found} == names
    assert len(found) == len(names)


@pytest.mark.parametrize("parameters", ["state=strange", "start=-1", "offset=x", "since=yesterday"])
def test_P40_what_has_no_meaning_is_refused(browse, parameters):
    browser = browse()

    browser.open(f"{PANEL}/@@manage-jobs?{parameters}")

    assert browser.headers["status"].startswith("400")


def test_P40_the_list_has_pages(service, folder, browse):
    ids = {id_of(service.queueJob(add, folder, number)) for number in range(30)}
    transaction.commit()
    browser = browse()

    first = listed(browser, "callable=add")
    browser.getLink("Next").click()
    second = rows(browser)

    assert (len(first), len(second)) == (25, 5)
    assert {*first, *second} == ids
    browser.getLink("Previous").click()
    assert rows(browser) == first


def test_P40_queues_quotas_and_workers_are_shown(service, queue, folder, browse):
    agent = agent_of(queue)
    held = service.queueJob(add, folder, 1)
    transaction.commit()
    agent.claimJob()
    oust(queue, "worker-2")
    transaction.commit()

    browser = browse()
    browser.open(f"{PANEL}/@@manage-jobs")

    assert str(WORKER) in browser.contents
    shown = " ".join(browser.contents.split())
    assert "process 4711 on worker-1, version 2.0.0" in shown
    assert "Process 9 on worker-2 has the same identity" in shown
    assert "alive" in browser.contents
    assert browser.contents.count(f">{id_of(held)}</a>") == 3  # fills its quota and its agent, and is in the list


def test_P40_a_job_has_a_page(service, folder, work, browse):
    job = service.queueJob(fail, folder, "it is broken")
    work()
    browser = browse()

    listed(browser, "state=failed")
    browser.getLink(id_of(job)).click()

    assert browser.url == f"{PANEL}/@@manage-jobs-job?id={id_of(job)}&state=failed"
    assert "it is broken" in browser.contents
    assert "raise ValueError(text)" in browser.contents
    browser.getLink("Back to the jobs").click()
    assert rows(browser) == [id_of(job)]


def test_P40_a_job_that_was_asked_to_end_tells_so_in_words_only(service, queue, folder, browse):
    agent = agent_of(queue)
    job = service.queueJob(add, folder)
    transaction.commit()
    agent.claimJob()
    transaction.commit()
    job.cancel("by jane: enough")
    transaction.commit()
    browser = browse()

    browser.open(f"{PANEL}/@@manage-jobs-job?id={id_of(job)}")

    assert "The job has been asked to end." in browser.contents and "by jane: enough" in browser.contents
    assert "zc.async.cancel" not in browser.contents


def test_P40_the_longest_wait_is_a_dash_where_nothing_waits(queue, browse):
    browser = browse()
    browser.open(f"{PANEL}/@@manage-jobs")

    row = browser.contents.split("Longest wait</th>")[1].split("<tbody>")[1].split("</tr>")[0]
    assert "<td>\N{EN DASH}</td>" in unescape(row)


@pytest.mark.parametrize("job_id", ["0", "1", "x", "", "99999999999999999999", "%3Cscript%3E", "5&id=6"])
def test_P40_ids_that_are_none_of_a_job_are_not_found(panel, job_id):
    panel.open(f"{PANEL}/@@manage-jobs-job?id={job_id}")

    assert panel.headers["status"].startswith("404")


def test_P40_D88_whatever_users_wrote_is_text(service, queue, folder, work, browse):
    job = service.queueJob(fail, folder, BAD)
    job.annotations[BAD] = BAD
    queue.quotas.create(BAD, 1)
    job.quota_names = (BAD,)
    work()
    queue.parent[BAD] = Queue()
    transaction.commit()
    browser = browse()

    for page in f"@@manage-jobs?text={BAD}", f"@@manage-jobs-job?id={id_of(job)}":
        browser.open(f"{PANEL}/{page}")
        assert browser.headers["status"].startswith("200")
        assert "&lt;script&gt;alert(" in browser.contents
        assert "<script>alert(" not in browser.contents
    assert id_of(job) in browser.contents


def test_P40_reading_writes_nothing(functional, jobs, panel):
    storage = functional["app"]._p_jar.db().storage
    before = storage.lastTransaction()

    for page in "@@manage-jobs", "@@manage-jobs?state=failed", f"@@manage-jobs-job?id={jobs['ours']}", "manage_main":
        panel.open(f"{PANEL}/{page}")
        assert panel.headers["status"].startswith("200")

    assert storage.lastTransaction() == before
