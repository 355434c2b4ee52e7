"""A site in which the add-on is installed, and browsers."""

import pytest
import transaction
from overview_fixtures import board
from overview_fixtures import other_site
from overview_fixtures import queue
from overview_fixtures import work
from page_fixtures import reader
from page_fixtures import their_manager
from page_fixtures import users
from plone.base.utils import get_installer


__all__ = ["board", "other_site", "queue", "reader", "their_manager", "users", "work"]


@pytest.fixture(autouse=True)
def installed(site):
    assert get_installer(site).install_product("plone.app.async")
    transaction.commit()
