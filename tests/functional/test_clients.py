"""The clients of the example add-on in real processes: in the midst of both jobs their worker is killed."""

import signal
from email import message_from_bytes
from pathlib import Path

import pytest
from cluster import wait_until
from demo.cluster import SITE
from demo.cluster import USER
from demo.scenario import wait_for_job


pytestmark = pytest.mark.functional

SCRIPT = Path(__file__).parents[1] / "support" / "make_clients.py"
PAGES = 59  # with their folder, three commits
READERS = 10
PAUSE = "1"  # seconds after each commit


@pytest.fixture(scope="module")
def maildir(lab):
    """The files in the mail host's queue."""
    return lab.home / "mail" / "new"


@pytest.fixture(scope="module")
def after_the_kill(lab, browser, maildir):
    """What was done when the worker was killed, and where the jobs are described, with which another one goes on."""
    environment = {
        "DEMO_SITE": SITE,
        "DEMO_USER": USER,
        "TREE_PAGES": str(PAGES),
        "READERS": str(READERS),
        "MAIL_QUEUE": str(lab.home / "mail"),
    }
    lab.instance.run_script(SCRIPT, environment)
    worker = lab.running_worker()
    worker.send(signal.SIGSTOP)  # so that both jobs begin together, however slow the forms are
    browser.post(f"{lab.site_url}/tree/@@publish-tree", transition="publish", comment="Well done", pause=PAUSE)
    fields = {"group": "readers", "subject": "Read this", "pause": PAUSE}
    browser.post(f"{lab.site_url}/letter/@@mail-to-members", **fields)
    worker.send(signal.SIGCONT)
    wait_until(lambda: sum(publications(lab)) and recipients(maildir), "both jobs have done something", 30)
    jobs = lab.running_jobs()
    worker.kill()
    done = sum(publications(lab)), len(recipients(maildir))
    lab.running_worker()
    return *done, jobs


def publications(lab):
    """How often each item of the tree was published, by its own history."""
    with lab.root() as root:
        tree = root["Application"]._getOb(SITE)._tree["tree"]
        items = [tree, *tree._tree.values()]
        histories = [item.workflow_history["simple_publication_workflow"] for item in items]
        return [[entry["action"] for entry in history].count("publish") for history in histories]


def recipients(maildir):
    """The names before the @, each as often as there are messages."""
    messages = [message_from_bytes(path.read_bytes()) for path in maildir.glob("*")]
    return sorted(message["To"].partition("@")[0] for message in messages)


def test_a_bulk_change_is_done_once_though_its_worker_was_killed(lab, browser, after_the_kill):
    done, _, jobs = after_the_kill
    assert 0 < done < PAGES + 1
    job = wait_for_job(browser, jobs[f"plone.app.asyncdemo.publishing.jobs.change_tree on /{SITE}/tree"])
    figures = {"changed": PAGES + 1 - done, "unchanged": done, "refused": 0, "refused_paths": []}
    assert job["result"] == figures
    assert publications(lab) == [1] * (PAGES + 1)


def test_a_mailing_is_sent_once_though_its_worker_was_killed(lab, browser, after_the_kill, maildir):
    _, done, jobs = after_the_kill
    assert 0 < done < READERS
    job = wait_for_job(browser, jobs[f"plone.app.asyncdemo.mailing.jobs.mail_to_members on /{SITE}/letter"])
    assert job["result"]["sent"] == READERS
    assert recipients(maildir) == [f"reader-{number}" for number in range(READERS)]
