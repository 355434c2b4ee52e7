"""The read model: what faces show of jobs, queues and workers, and what they may do with them.

A face makes a :class:`Board` with a :class:`Scope` and asks it. Everything it answers is plain data.
"""

from plone.app.async_.overview.board import Board
from plone.app.async_.overview.query import Query
from plone.app.async_.overview.scope import EVERYTHING
from plone.app.async_.overview.scope import Scope
from plone.app.async_.overview.scope import of_content
from plone.app.async_.overview.scope import of_current_user
from plone.app.async_.overview.scope import of_site
from plone.app.async_.overview.scope import on_content
from plone.app.async_.overview.states import State


__all__ = ["EVERYTHING", "Board", "Query", "Scope", "State", "of_content", "of_current_user", "of_site", "on_content"]
