"""Fixtures of the layers, and those for jobs."""

from pytest_plone import fixtures_factory

from my_addon.testing import FUNCTIONAL
from my_addon.testing import INTEGRATION


pytest_plugins = ["plone.app.async_.pytest_plugin"]

globals().update(fixtures_factory(((FUNCTIONAL, "functional"), (INTEGRATION, "integration"))))
