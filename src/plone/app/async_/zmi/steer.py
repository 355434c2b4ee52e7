"""Where the forms of our pages are posted to."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile

from plone.app.async_.browser.returning import is_local
from plone.app.async_.forms.orders import TITLES
from plone.app.async_.forms.orders import Order
from plone.app.async_.forms.orders import outcome
from plone.app.async_.forms.orders import read_order
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.forms.queue_orders import steer_queue
from plone.app.async_.steering import NoSuchJob
from plone.app.async_.steering import NoSuchQueue
from plone.app.async_.steering import NotPossible
from plone.app.async_.steering.jobs import HIGHEST_PRIORITY
from plone.app.async_.steering.jobs import LONGEST_REASON
from plone.app.async_.zmi.page import JOB_PAGE
from plone.app.async_.zmi.page import RootPage
from plone.app.async_.zmi.tabs import PAGE


class Steer(RootPage):
    """Does what a form of ours asks for, in the request's transaction; else changes nothing and says why."""

    def answer(self) -> Any:
        self.require_form()
        try:
            return self.carry_out()
        except (NoSuchJob, NoSuchQueue, NotPossible, WrongParameter) as error:
            return self.go_back(error.args[0], "error")

    def carry_out(self) -> Any:
        raise NotImplementedError


class SteerJobs(Steer):
    """Acts on one job, on chosen ones, or on all that match; asks first where need be."""

    question = ViewPageTemplateFile("question.pt")
    highest_priority = HIGHEST_PRIORITY
    longest_reason = LONGEST_REASON

    def carry_out(self) -> Any:
        if self.order.must_ask:
            return self.question()
        done = self.order.carry_out(self.board, self.filter.query)
        if self.order.action == "delete" and self.came_from.startswith(JOB_PAGE):
            self.request.form["came_from"] = self.filter.address(PAGE)
        return self.go_back(outcome(done), "warning" if done.refused else "info")

    @cached_property
    def order(self) -> Order:
        return read_order(self.request.form)

    def action_title(self) -> str:
        return TITLES[self.order.action]

    def fields(self) -> list[tuple[str, str]]:
        """What the form must send again."""
        return [*self.order.fields, *self.filter.given, ("came_from", self.came_from)]

    @property
    def came_from(self) -> str:
        """Where the reader was, relative to the Control_Panel."""
        sent = self.request.form.get("came_from")
        return sent if is_local(sent) else PAGE


class SteerQueue(Steer):
    """Pauses and resumes queues, and changes quotas."""

    def carry_out(self) -> Any:
        return self.go_back(steer_queue(self.request.form, self.board))
