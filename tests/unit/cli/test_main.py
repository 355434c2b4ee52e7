"""How commands end: exit codes, and one line that tells why."""

import logging
import os
import socket
import subprocess
import sys
import time
from contextlib import closing

import pytest
import version1
from command_line import PROGRAM
from command_line import Answer
from command_line import make_queues
from command_line import put_plain
from command_line import write_conf
from command_line import written
from plone.app import async_ctl
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage

from plone.app.async_.cli.main import COMMANDS


def is_one_line(answer, code):
    return (answer.code, answer.out) == (code, "") and len(answer.err.splitlines()) == 1


def test_the_console_script_lists_all_commands():
    done = subprocess.run([PROGRAM, "-h"], capture_output=True, text=True, check=True)

    assert all(f"\n    {command} " in done.stdout for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("-C", "zope.conf", "status"), "options come after the command: plone-async COMMAND -C ..."),
        (("status", "zope.conf"), "unrecognized arguments: zope.conf; a zope.conf is named by -C"),
        (("status", "--nosuch", "1"), "unrecognized arguments: --nosuch 1"),
    ],
)
def test_what_is_wrong_with_the_words(words, what):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True)

    assert done.returncode == 2
    usage = "usage: plone-async COMMAND [OPTIONS]\n       plone-async --help\n"
    assert done.stderr == f"{usage}plone-async: error: {what}\n"


def test_wrong_usage(run):
    for words in (("nosuch",), ("jobs", "--state", "nosuch"), ("jobs", "--limit", "0"), ("status", "--timeout", "0")):
        answer = run(*words)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.startswith("usage: ")


@pytest.mark.parametrize(
    "on",
    [
        (),
        ("-C", "nosuch.conf"),
        ("--zeo", "no:port:here"),
        ("--zeo", "127.0.0.1:1", "--database", "async"),
    ],
    ids=" ".join,
)
def test_what_names_no_queues(run, on):
    assert is_one_line(run("status", on=on), 2)


def test_what_a_zope_conf_does_not_have(run, home, change):
    conf = str(home / "etc/zope.conf")

    assert is_one_line(run("status", on=("-C", conf, "--storage", "1")), 2)
    assert "no database 'nosuch', but main" in run("status", on=("-C", conf, "--database", "nosuch")).err
    (home / "etc/zope.conf").write_text("nonsense\n")
    assert is_one_line(run("status"), 2)
    write_conf(home, databases=("other",))
    assert "mounts no database at /" in run("status").err


def test_what_went_wrong_does_not_steer_the_terminal(run, change):
    answer = run("show", "\x1b[31m1")

    assert is_one_line(answer, 1)
    assert answer.err == "plone-async: there is no job \\x1b[31m1\n"


def test_times_that_are_none(run, change):
    assert is_one_line(run("jobs", "--since", "yesterday"), 2)


def test_nobody_at_the_address(run):
    answer = run("status", on=("--zeo", "127.0.0.1:1", "--timeout", "0.3"))

    assert is_one_line(answer, 3)
    assert "storage '1' of the ZEO server at 127.0.0.1:1" in answer.err


def test_a_server_that_does_not_answer(run, home):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        conf = (home / "etc/zope.conf").read_text()
        section = f"<zeoclient>\n    server {address}\n  </zeoclient>"
        before, _, after = conf.partition("<filestorage>")
        (home / "etc/zope.conf").write_text(f"{before}{section}{after.partition('</filestorage>')[2]}")
        started = time.monotonic()
        answers = [run("status", "--timeout", "0.3"), run("status", on=("--zeo", address, "--timeout", "0.3"))]

    assert all(is_one_line(answer, 3) and "0.3 seconds" in answer.err for answer in answers)
    assert time.monotonic() - started < 20


def test_no_file(run):
    answer = run("status")

    assert is_one_line(answer, 3)
    assert "main.fs" in answer.err


@pytest.mark.parametrize("command", ["status", "jobs", "workers", "quota", "pause"])
def test_no_queues_yet(run, home, command):
    with written(home):
        pass

    answer = run(command)

    assert is_one_line(answer, 1)
    assert "no queues yet" in answer.err


def test_queues_of_version_1(run, home):
    db = DB(FileStorage(str(home / "var/main.fs")))
    version1.write_queues(db, 2, 1)
    db.close()

    answer = run("status")

    assert is_one_line(answer, 1)
    assert "version 1" in answer.err
    assert [finding["code"] for finding in run("check", "--json").json if finding["is_problem"]] == ["version-1"]


def test_a_file_that_is_in_use_can_be_read_but_not_changed(run, change):
    with change():
        assert run("status").code == 0
        answer = run("pause")

    assert is_one_line(answer, 3)
    assert "in use by another process" in answer.err


def test_the_environment_names_the_queues(run, home, change, monkeypatch):
    monkeypatch.setenv("PLONE_ASYNC_CONFIG", str(home / "etc/zope.conf"))
    assert run("status", on=()).code == 0

    monkeypatch.setenv("PLONE_ASYNC_ZEO", "127.0.0.1:1")
    assert run("status", on=()).code == 0, "a zope.conf comes first"
    monkeypatch.delenv("PLONE_ASYNC_CONFIG")
    monkeypatch.setenv("PLONE_ASYNC_STORAGE", "other")
    assert "storage 'other'" in run("status", on=("--timeout", "0.3")).err


def test_queues_in_a_database_of_their_own(run, home, change):
    write_conf(home, databases=("main", "async"))
    with written(home, "async"):
        pass
    with change() as queue:
        put_plain(queue, print)
    assert run("jobs").err == "1 of 1 job\n", "where no worker has used the other one"

    with written(home, "async") as root:
        make_queues(root)
    assert run("jobs").err == "0 of 0 jobs\n"
    assert run("jobs", "--database", "main").err == "1 of 1 job\n"
    (finding,) = [each for each in run("check", "--json").json if each["code"] == "left-behind"]
    assert "'main': 1" in finding["what"]


def test_a_reader_who_has_seen_enough(home, change):
    with change() as queue:
        for number in range(200):
            put_plain(queue, print, number)
    conf = str(home / "etc/zope.conf")
    words = [PROGRAM, "jobs", "-C", conf, "--limit", "200", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (0, "")


def test_a_locale_that_lacks_signs(home, change):
    with change() as queue:
        job = put_plain(queue, print, "世界")
        number = str(int.from_bytes(job._p_oid, "big"))
    words = [PROGRAM, "show", number, "-C", str(home / "etc/zope.conf")]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})

    assert (done.returncode, done.stderr) == (0, "")
    assert "'\\u4e16\\u754c'" in done.stdout


def test_control_scripts_import_little():
    """They load the module for each of their commands."""
    code = "import sys, plone.app.async_ctl; print('plone.app.async_' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


class Control:
    """The control script of an instance, as far as its commands see it."""

    def __init__(self, configfile, *words):
        self.options = self
        self.configfile = configfile
        self.args = list(words)


def test_the_command_of_a_buildouts_instance(home, change, capsys, monkeypatch):
    monkeypatch.setitem(os.environ, "PLONE_ASYNC_CONFIG", "")
    to_file, to_terminal = logging.FileHandler(home / "event.log"), logging.StreamHandler()
    monkeypatch.setattr(logging.getLogger(), "handlers", [to_file, to_terminal])
    conf = str(home / "etc/zope.conf")

    with pytest.raises(SystemExit) as ended:
        async_ctl.run(Control(conf, "async", "show", "no such job"), "show no such job")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "plone-async: there is no job no such job\n"

    assert to_terminal not in logging.getLogger().handlers
    assert to_file in logging.getLogger().handlers
    to_file.close()

    assert async_ctl.run(Control(conf), "status --json") is None, "at the prompt one goes on"
    assert Answer(0, capsys.readouterr().out, "").json["workers_alive"] == 0
