"""What a terminal gets, and what a pipe."""

import os
import pty
import re
import subprocess
from datetime import timedelta

import pytest
from command_line import PROGRAM
from command_line import put_plain
from command_line import start_worker

from plone.app.async_.cli.texts import safe
from plone.app.async_.cli.texts import span


HOSTILE = "\x1b]0;pwned\x07\x9b2J\r\n\u202e[bold red]x[/] ü"


@pytest.fixture
def conf(home, change):
    with change() as queue:
        start_worker(queue)
        put_plain(queue, print, HOSTILE)
    return str(home / "etc/zope.conf")


def on_terminal(columns, *words, **variables):
    """What the program writes to a terminal of that width."""
    main, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), **variables}
    done = subprocess.run([PROGRAM, *words], stdout=terminal, stderr=terminal, stdin=terminal, env=environment)
    os.close(terminal)
    text = b""
    while True:
        try:
            some = os.read(main, 65536)
        except OSError:  # Linux says so at the end
            break
        if not some:
            break
        text += some
    os.close(main)
    assert done.returncode in (0, 1)
    return text.decode()


def without_colours(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_terminal_gets_colours_and_lines_that_fit(conf, columns):
    text = on_terminal(columns, "jobs", "-C", conf)

    assert "\x1b[34mwaiting" in text
    lines = without_colours(text).splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[0].split()[:2] == ["ID", "STATE"]
    assert ("SITE" in lines[0]) == (columns >= 90)


def test_no_colours_where_they_are_not_wanted(conf):
    assert "\x1b" not in on_terminal(80, "jobs", "-C", conf, NO_COLOR="1")


@pytest.mark.parametrize("command", ["jobs", "status", "workers", "quota", "check"])
def test_a_pipe_gets_neither_colours_nor_cuts(run, conf, command):
    out = run(command).out

    assert "\x1b" not in out
    assert "…" not in out
    assert not any(line.endswith(" ") for line in out.splitlines())


def test_what_jobs_say_does_not_steer_the_terminal(run, change, conf):
    with change() as queue:
        job = next(iter(queue))
        job.annotations[HOSTILE] = HOSTILE
        number = int.from_bytes(job._p_oid, "big")

    for text in (run("show", str(number)).out, without_colours(on_terminal(80, "show", str(number), "-C", conf))):
        assert not set(text) & set("\x1b\x07\x9b\u202e")
        assert "[bold red]x[/] ü" in text
    assert run("show", str(number), "--json").out.isascii()


def test_safe_texts():
    assert safe("a\tb\nc\x1b[1m\x7f\x85\u2028\u202e\ud800") == "a\\tb\\nc\\x1b[1m\\x7f\\x85\\u2028\\u202e\\ud800"
    assert safe("Grüße, 世界\u00a0🎉") == "Grüße, 世界\u00a0🎉"


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (None, "-"),
        (0, "0s"),
        (0.0432, "0.043s"),
        (9.96, "10s"),
        (59.7, "1m00s"),
        (timedelta(minutes=2, seconds=5), "2m05s"),
        (timedelta(hours=3, minutes=4, seconds=59), "3h04m"),
        (timedelta(days=12, hours=1), "12d01h"),
    ],
)
def test_spans(duration, text):
    assert span(duration) == text
