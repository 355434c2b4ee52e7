"""The recipes, registered for one test as an add-on registers them."""

import pytest
import recipes
import transaction
from plone.app.testing import TEST_USER_ID
from plone.app.testing import popGlobalRegistry
from plone.app.testing import pushGlobalRegistry
from plone.app.testing import setRoles
from plone.testing.zca import stackConfigurationContext
from zope.component.hooks import setSite
from zope.configuration import xmlconfig


@pytest.fixture
def site(functional):
    """The site, with the recipes in its ZCML."""
    site = functional["portal"]
    pushGlobalRegistry(site)
    setSite(None)  # the registrations are not the site's own
    context = stackConfigurationContext(functional["configurationContext"])
    xmlconfig.file("configure.zcml", recipes, context=context)
    setSite(site)
    setRoles(site, TEST_USER_ID, ["Manager"])
    transaction.commit()
    yield site
    setSite(site)
    popGlobalRegistry(site)
