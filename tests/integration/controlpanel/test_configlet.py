"""The way from Site Setup to the control panel."""

import pytest
import transaction
from plone.app.testing import applyProfile


@pytest.fixture
def install(site):
    """Applies a profile of the add-on, by its name."""

    def install(name="default"):
        applyProfile(site, f"plone.app.async:{name}")
        transaction.commit()

    return install


def test_K86_site_setup_leads_to_the_panel_and_that_to_the_settings(window, install):
    install()
    page = window("site-admin").visit("@@overview-controlpanel")
    page.getLink("Job queue", index=-1).click()
    assert page.url.endswith("/@@manage-job-queue")
    page.getLink(url="job-queue-settings").click()
    assert page.url.endswith("/@@job-queue-settings") and page.status == 200


def test_without_the_profile_the_panel_works_by_its_address(window, install):
    install()
    install("uninstall")
    page = window("site-admin").visit("@@overview-controlpanel")
    assert "Job queue" not in page.contents
    assert page.visit().status == 200 and "job-queue-settings" not in page.contents
