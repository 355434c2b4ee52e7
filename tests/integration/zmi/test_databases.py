"""Which databases there are, and which of them holds the queues."""

import pytest
import transaction
from overview_fixtures import board
from ZODB.DB import DB
from ZODB.MappingStorage import MappingStorage
from zope.component import getGlobalSiteManager

from plone.app.async_.interfaces import IAsyncDatabase
from plone.app.async_.overview.databases import summarize_databases
from plone.app.async_.overview.ids import id_of


PANEL = "http://nohost/Control_Panel"


__all__ = ["board"]


def add(context, *numbers):
    return sum(numbers)
