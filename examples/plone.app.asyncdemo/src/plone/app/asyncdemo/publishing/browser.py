"""The form that starts a bulk change."""

from __future__ import annotations

from typing import Any

from plone.app.asyncdemo.form import QueueForm
from plone.app.asyncdemo.publishing.jobs import change_tree
from zExceptions import BadRequest
from zope.component import getUtility
from zope.schema.interfaces import IVocabularyFactory
from zope.schema.interfaces import IVocabularyTokenized


class PublishTree(QueueForm):
    """Ask for a transition and a comment, and queue the job."""

    @property
    def transitions(self) -> IVocabularyTokenized:
        """Those of all workflows of the site; which of them an item knows is found out by the job."""
        return getUtility(IVocabularyFactory, "plone.app.vocabularies.WorkflowTransitions")(self.context)

    def queue(self, form: dict[str, Any]) -> str:
        transition = form.get("transition")
        if transition not in self.transitions:
            raise BadRequest(f"There is no transition {transition!r}")
        change_tree.delay(self.context, transition, comment=form.get("comment", ""), pause=self.pause(form))
        return (
            f"A worker is going to do “{transition}” on “{self.context.Title()}” and all that is in it. "
            "You see the changes as they are made, and in the job queue how far it is."
        )
