"""The tutorial, done as it says: its files, its commands, in an empty folder."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from cluster import HOST
from cluster import Process
from cluster import choose_ports
from cluster import wait_until
from demo.browser import Browser


pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial" / "first-job.rst").read_text("utf-8")
FILES = ROOT / "examples" / "tutorial"
BIN = Path(sys.executable).parent

COMMANDS = re.findall(r"^   \$ (.+)$", PAGE, re.M)
SHOWN = re.findall(r"^\.\. literalinclude:: \.\./\.\./examples/tutorial/(\S+)\n   :caption: (\S+)$", PAGE, re.M)

MAKES_THE_ENVIRONMENT = ("mkdir", "cd", "git", "python3", ".venv/bin/pip")
"""What was done already for these tests, with the same constraints."""

START_LIMIT = 180


class Reader:
    """Who does what the page says, in a folder and on ports of their own."""

    def __init__(self, home, stack):
        self.home = home
        self.stack = stack
        numbers = "8100", "8080", "8081"
        self.ports = dict(zip(numbers, map(str, choose_ports(None, None, None)), strict=True))
        self.environment = {"PYTHONPATH": os.pathsep.join([str(home / "addon"), str(home / "site")])}
        self.site = f"http://{HOST}:{self.ports['8080']}/Plone"

    def write_files(self):
        for _, name in SHOWN:
            target = self.home / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(FILES / name, target)
            self.set_ports(target)

    def set_ports(self, path):
        """The page's ports may be in use."""
        text = path.read_text("utf-8")
        for shown, free in self.ports.items():
            text = re.sub(rf"\b{shown}\b", free, text)
        path.write_text(text, "utf-8")

    def install_addon(self):
        """What ``pip install -e`` does, without changing the environment of the tests."""
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        target = ["--no-build-isolation", "--no-index", "--target", self.home / "site", self.home / "addon"]
        subprocess.run([*pip, *target], check=True, timeout=120)

    def do(self, line):
        """Give one command; one that starts a server goes on until the end."""
        words = [self.word(word) for word in shlex.split(line)]
        name = words[0].name
        log = self.home / f"{len(list(self.home.glob('*.log')))}-{name}.log"
        process = Process(line, words, log, self.environment, self.home)
        self.stack.callback(process.stop)
        if name == "runzeo":
            process.wait_for(lambda: "listening on" in process.output(), "it listens", START_LIMIT)
        elif name == "runwsgi":
            process.wait_for(lambda: "Serving on" in process.output(), "it serves", START_LIMIT)
        else:
            assert process.wait(START_LIMIT) == 0, process.tail(60)
            if name == "mkwsgiinstance":
                self.set_ports(self.home / words[2] / "etc" / "zope.ini")
                self.write_files()
        return process

    def word(self, word):
        return BIN / word.removeprefix(".venv/bin/") if word.startswith(".venv/bin/") else word


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    home = tmp_path_factory.mktemp("first-job")
    with ExitStack() as stack:
        yield Reader(home, stack)


def test_files_are_where_the_page_says():
    assert SHOWN
    assert [shown for shown, caption in SHOWN if shown != caption] == []
    there = {path.relative_to(FILES).as_posix() for path in FILES.rglob("*") if path.is_file()}
    unknown = there - {name for name, _ in SHOWN}
    assert [name for name in unknown if "__pycache__" not in name and ".egg-info" not in name] == []


def test_it_works_as_it_says(reader):
    reader.write_files()
    reader.install_addon()
    todo = [line for line in COMMANDS if not line.startswith(MAKES_THE_ENVIRONMENT)]
    assert len(todo) == 7
    done = {line: reader.do(line) for line in todo}

    (tests,) = [process for line, process in done.items() if "testrunner" in line]
    (promise,) = re.findall(r"It says ``(Ran .+?)``", PAGE)
    assert promise in tests.output()
    worker = done[".venv/bin/runwsgi worker/etc/zope.ini"]
    assert "Jobs are run here by dispatcher" in worker.output()

    press_the_button(reader)


def press_the_button(reader):
    browser = Browser()
    fields = {"__ac_name": "admin", "__ac_password": "admin", "buttons.login": "Log in"}
    browser.post(f"{reader.site}/login", **fields)
    page = f"{reader.site}/@@make-pages"
    browser.post(page)
    wait_until(lambda: re.search(r'<progress[^>]* value="[1-9]', browser.get(page)), "progress is shown", 30)
    wait_until(lambda: "succeeded" in browser.get(page), "the job has succeeded", 60)
    assert "Page 20" in browser.get(f"{reader.site}/page-20")
    assert "make_pages" in browser.get(f"{reader.site}/@@manage-job-queue")
