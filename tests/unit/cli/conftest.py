"""The program on queues in a file."""

from contextlib import contextmanager

import pytest
from command_line import make_queues
from command_line import run_program
from command_line import write_conf
from command_line import written

from zc.async_.interfaces import KEY


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in "PLONE_ASYNC_CONFIG", "PLONE_ASYNC_ZEO", "PLONE_ASYNC_STORAGE", "ZC_ASYNC_UUID", "NO_COLOR":
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path):
    """An instance home with a zope.conf, whose database is not there yet."""
    for name in "etc", "var":
        (tmp_path / name).mkdir()
    write_conf(tmp_path)
    return tmp_path


@pytest.fixture
def change(home):
    """Gives the default queue, to be changed by other processes, so to speak."""
    with written(home) as root:
        make_queues(root)

    @contextmanager
    def change():
        with written(home) as root:
            yield root[KEY][""]

    return change


@pytest.fixture
def run(home, capsys):
    """Run the program on the queues of ``home``, unless ``on`` names others."""

    def run(command, *words, on=("-C", str(home / "etc/zope.conf"))):
        return run_program([command, *on, *words], capsys)

    return run
