"""A site whose database has queues of version 1, and what the guide says to do about it."""

import re
from pathlib import Path
from textwrap import dedent

import pytest
import transaction
from version1 import write_queues

from zc.async_.interfaces import QueuesOfVersion1


GUIDE = Path(__file__).parents[2] / "docs/how-to/migrate-from-1.x.rst"


@pytest.fixture
def old_site(site):
    write_queues(site._p_jar.db(), unfinished=1, completed=2)
    transaction.begin()
    return site


def test_queueing_is_refused_and_changes_nothing(old_site, service):
    before = old_site._p_jar.db().lastTransaction()
    with pytest.raises(QueuesOfVersion1):
        service.queueJob(str, old_site)
    transaction.commit()
    assert old_site._p_jar.db().lastTransaction() == before


def test_the_script_of_the_guide_drops_them(old_site, service, functional, run, capsys):
    (script,) = re.findall(r"\.\. code-block:: python\n\n((?: {4}.*\n|\n)+)", GUIDE.read_text("utf-8"))
    exec(dedent(script), {"app": functional["app"]})
    assert capsys.readouterr().out == "1 jobs are not finished and are lost\n"
    assert run(service.queueJob(str, old_site)).result == str(old_site)


def test_the_script_for_settings_runs(site, service, functional):
    page = GUIDE.parents[1] / "reference/settings.rst"
    (script,) = re.findall(r"\.\. code-block:: python\n\n((?: {4}.*\n|\n)+)", page.read_text("utf-8"))
    exec(dedent(script), {"app": functional["app"]})
    queue = service.getQueues()[""]
    assert (queue.keep_completed, queue.quotas["default"].size) == (1000, 4)
