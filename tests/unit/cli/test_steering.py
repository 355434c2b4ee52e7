"""What the program changes, and that it is recorded."""

import io
import operator
from datetime import timedelta

import pytest
import sample_jobs
from command_line import id_of
from command_line import put
from command_line import put_plain
from command_line import start_worker
from command_line import work_off

from plone.app.async_ import steering
from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.steering import bulk
from zc.async_ import clock


@pytest.fixture(autouse=True)
def somebody(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "zope")
    monkeypatch.setattr("socket.gethostname", lambda: "web1")


@pytest.fixture
def failed(change):
    """The ids of three jobs that failed."""
    with change() as queue:
        jobs = [put_plain(queue, operator.truediv, 1, 0) for _ in range(3)]
        work_off(queue)
        return [id_of(job) for job in jobs]


@pytest.fixture
def states(run):
    return lambda *words: {job["id"]: job["state"] for job in run("jobs", "--json", *words).json["items"]}


@pytest.fixture
def deeds(change):
    def deeds():
        with change() as queue:
            return [(deed.who, deed.what, deed.job, deed.place, deed.details) for deed in queue.history or ()]

    return deeds


def test_retry_some(run, failed, states, deeds):
    answer = run("retry", *failed[:2], failed[0])

    assert (answer.code, answer.out) == (0, "")
    assert answer.err.splitlines() == [f"{job}: queued again" for job in failed[:2]]
    assert states() == {failed[0]: "waiting", failed[1]: "waiting", failed[2]: "failed"}
    assert deeds() == [("zope@web1", "retry", job, "none", "") for job in reversed(failed[:2])]


def test_what_is_refused_does_not_keep_the_others(run, failed, states):
    answer = run("retry", "99", failed[0], failed[0])
    again = run("retry", failed[0])

    assert (answer.code, again.code) == (1, 1)
    assert answer.err.splitlines() == ["99: There is no such job.", f"{failed[0]}: queued again"]
    assert "in the state “Waiting”" in again.err
    assert states()[failed[0]] == "waiting"


def test_cancel_tells_who_and_why(run, change, deeds):
    with change() as queue:
        job = put(queue, sample_jobs.add, 1)

    answer = run("cancel", job, "--reason", "not now", "--as", "Ann")

    assert answer.err == f"{job}: cancelled\n"
    assert deeds() == [("Ann", "cancel", job, "/Plone", "not now")]
    assert "by Ann: not now" in run("show", job).out


def test_a_running_job_is_asked(run, change):
    with change() as queue:
        job = id_of(put_plain(queue, operator.add, 1, 2))
        start_worker(queue).claim_jobs(1)

    assert run("cancel", job).err == f"{job}: runs, and has been asked to end\n"
    assert run("cancel", job).code == 1


def test_a_site_narrows(run, change, states, deeds):
    with change() as queue:
        here, there = put(queue, sample_jobs.add, 1), put(queue, sample_jobs.add, 2, site="other")

    assert run("cancel", there, "--site", "Plone").code == 1
    assert run("cancel", "--site", "/other", "--yes").err.startswith("1 job cancelled")
    assert states() == {here: "waiting", there: "cancelled"}
    assert [deed[3] for deed in deeds()] == ["/other"]


@pytest.mark.parametrize("words", [(), ("1", "--all"), ("1", "--user", "ann"), ("--user", "ann", "--all")])
@pytest.mark.parametrize("command", ["retry", "cancel", "purge"])
def test_which_jobs_must_be_clear(run, failed, states, command, words):
    answer = run(command, "--yes", *words)

    assert (answer.code, answer.out) == (2, "")
    assert set(states().values()) == {"failed"}


@pytest.mark.parametrize("option", ["--queue", "--user", "--callable", "--text", "--since", "--until", "--site"])
@pytest.mark.parametrize("further", [("--state", "failed"), ("--all",)])
def test_an_empty_filter_is_not_all_jobs(run, failed, states, option, further):
    answer = run("purge", "--yes", option, "", *further)

    assert (answer.code, answer.out) == (2, "")
    assert f"{option} is empty" in answer.err
    assert set(states().values()) == {"failed"}


def test_no_site_is_for_lists(run, failed, states):
    assert run("purge", failed[0], "--site", "none").code == 2
    assert run("show", failed[0], "--site", "none").code == 2
    assert run("purge", "--site", "none", "--yes").err == "3 jobs forgotten\n"


def test_what_does_not_match_any_more_is_left_alone(change):
    with change() as queue:
        ids = [id_of(put_plain(queue, operator.add, 1, 2)), "99"]
        board = Board.of_queues(queue._p_jar, EVERYTHING)

        failed, waiting = (Query(states=frozenset({state})) for state in (State.FAILED, State.WAITING))
        assert steering.act_on_these(board, "cancel", failed, ids) == steering.Done(0, 2, False)
        assert steering.act_on_these(board, "cancel", waiting, ids) == steering.Done(1, 1, False)


def test_purge_by_age(run, change, failed, states, deeds):
    with change() as queue, clock.ahead(timedelta(days=2)):
        fresh = id_of(put_plain(queue, operator.add, 1, 2))
        work_off(queue)
    with clock.ahead(timedelta(days=2)):
        answer = run("purge", "--until", "1d", "--yes")

    assert (answer.code, answer.err) == (0, "3 jobs forgotten\n")
    assert states() == {fresh: "succeeded"}
    assert deeds() == [("zope@web1", "delete", "", "none", "3 jobs")]


def test_very_many_are_taken_in_several_transactions(run, failed, states, deeds, monkeypatch):
    monkeypatch.setattr("plone.app.async_.cli.steer_jobs.MOST", 2)
    assert bulk.MOST > 2

    assert run("retry", "--all").err == "3 jobs queued again\n"
    assert set(states().values()) == {"waiting"}
    assert [deed[4] for deed in deeds()] == ["1 jobs", "2 jobs"]


@pytest.mark.parametrize("command", ["pause", "resume", "quota"])
def test_queues_are_of_all_sites(run, failed, command):
    answer = run(command, "--site", "/Plone")
    assert answer.code == 2 and "--site" in answer.err


class Terminal:
    """Somebody who answers."""

    def __init__(self, answer):
        self.answer = answer

    def isatty(self):
        return True

    def readline(self):
        return f"{self.answer}\n"


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 1, 3), ("", 1, 3)])
def test_somebody_is_asked(run, failed, states, monkeypatch, answer, code, left):
    monkeypatch.setattr("sys.stdin", Terminal(answer))

    done = run("purge", "--all")

    assert done.code == code
    assert "3 jobs would be forgotten." in done.err
    assert len(states()) == left


def test_nobody_can_be_asked(run, failed, states, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())

    assert run("purge", "--all").code == 2
    assert len(states()) == 3
    assert run("purge", "--state", "cancelled").code == 0, "there is nothing to ask about"


def test_pause_and_resume(run, change, deeds):
    assert "is paused" in run("pause").err
    assert run("status", "--json").json["queues"][0]["is_paused"] is True
    assert run("pause", "default").code == 0
    assert run("resume").code == 0
    assert run("status", "--json").json["queues"][0]["is_paused"] is False
    assert [deed[1] for deed in deeds()] == ["resume", "pause"]

    answer = run("pause", "nosuch")
    assert (answer.code, answer.err) == (1, "plone-async: There is no such queue.\n")


def test_quota(run, change, deeds):
    assert run("quota", "default", "4").code == 0
    assert run("quota", "--json").json[0]["quotas"][0]["size"] == 4
    assert deeds() == [("zope@web1", "quota", "", "", "default: 4")]

    for words, code in ((("default",), 2), (("default", "0"), 1), (("default", "x"), 1), (("nosuch", "2"), 1)):
        answer = run("quota", *words)
        assert (answer.code, len(answer.err.splitlines())) == (code, 1)
    assert run("quota", "--json").json[0]["quotas"][0]["size"] == 4


def test_the_undo_log_names_who_did_it(run, change, home):
    run("pause", "--as", "Ann")

    with change() as queue:
        (last,) = queue._p_jar.db().undoInfo(0, 1)
    assert (last["user_name"], last["description"]) == (" Ann", "plone-async pause")
