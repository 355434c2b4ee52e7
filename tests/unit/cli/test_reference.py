"""The reference page has all commands, options, exit codes and findings, and no others."""

import argparse
import re
from pathlib import Path

import pytest

from plone.app.async_.cli import errors
from plone.app.async_.cli.main import COMMANDS
from plone.app.async_.cli.main import make_parser


ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/command-line.rst").read_text("utf-8")
OPTIONS = re.compile(r"``(--?[a-zA-Z][a-z-]*)(?: [A-Z]+)?``")
FINDINGS = [ROOT / "src/plone/app/async_/overview/diagnosis", ROOT / "src/plone/app/async_/cli/identity.py"]


def section(title):
    """The text below a title, to the next one."""
    return re.search(rf"^{title}\n=+\n(.*?)(?=^[^\n]+\n=+\n|\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]


def entry(command):
    """What is said of a command alone."""
    entries = re.findall(rf"^``{command}(?: [^`]*)?``\n((?:(?:   .*)?\n)+)", PAGE, re.MULTILINE)
    return "\n".join(entries)


COMMON = section("Where the queues are")
JOBS = section("Which jobs")
CHANGES = section("Changing")


def parsers():
    (commands,) = (each for each in make_parser()._actions if isinstance(each, argparse._SubParsersAction))
    return commands.choices


def options(command):
    return {option for action in parsers()[command]._actions for option in action.option_strings} - {"-h", "--help"}


@pytest.mark.parametrize("command", COMMANDS)
def test_all_options_of_a_command_are_named(command):
    assert entry(command)
    assert options(command) <= set(OPTIONS.findall(COMMON + JOBS + CHANGES + entry(command)))


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_said_of_a_command_alone_it_has(command):
    shared = {"--all", "--yes"}  # told once, for three commands
    assert set(OPTIONS.findall(entry(command))) - shared <= options(command)


def test_no_other_commands_and_options():
    assert set(parsers()) == set(COMMANDS)
    named = set(re.findall(r"^``([a-z]+)[^`]*``\n   ", section("Looking") + CHANGES + section("Running"), re.MULTILINE))
    assert named == set(COMMANDS)
    assert set(OPTIONS.findall(PAGE)) <= set().union(*map(options, COMMANDS))


def test_exit_codes():
    codes = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^(\d+)\s", section("Exit codes"), re.MULTILINE)} == codes


def test_findings():
    files = [file for path in FINDINGS for file in ([path] if path.is_file() else path.glob("*.py"))]
    made = {code for file in files for code in re.findall(r'Finding\(\s*"([a-z0-9-]+)"', file.read_text("utf-8"))}
    assert set(re.findall(r"^``([a-z0-9-]+)``", section("Findings"), re.MULTILINE)) == made
