"""Zope's Control_Panel speaks the language that the browser asks for."""

import pytest
from catalogues import LANGUAGES
from catalogues import left_in_english
from panel_jobs import fail
from panel_jobs import succeed

from plone.app.async_.overview.ids import id_of


@pytest.fixture
def jobs(service, folder, work):
    """The ids of a job that succeeded, and one that failed."""
    done, failed = service.queueJob(succeed, folder), service.queueJob(fail, folder)
    work()
    return {"done": id_of(done), "failed": id_of(failed)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["@@manage-jobs", "@@manage-jobs-job?id={done}", "@@manage-jobs-job?id={failed}"])
def test_its_pages_are_translated(browse, jobs, language, address):
    browser = browse()
    browser.addHeader("Accept-Language", language)
    browser.open(f"http://nohost/Control_Panel/{address.format(**jobs)}")
    assert browser.headers["status"].startswith("200")
    ours = browser.contents.partition("<main")[2]
    assert ours and left_in_english(ours, language) == set()
