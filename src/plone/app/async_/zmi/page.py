"""What our pages in the Control_Panel have in common."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from plone.keyring.interfaces import IKeyManager
from plone.protect import authenticator
from plone.protect import postonly
from plone.protect.utils import getRootKeyManager
from Products.Five.browser import BrowserView
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from Products.statusmessages.interfaces import IStatusMessage
from zExceptions import BadRequest
from zExceptions import Unauthorized
from zope.component import queryUtility
from zope.i18n import translate

from plone.app.async_ import authority
from plone.app.async_.browser.formats import Formats
from plone.app.async_.browser.returning import go_back
from plone.app.async_.browser.view import COLOURS
from plone.app.async_.forms.filters import Filter
from plone.app.async_.forms.filters import queue_word
from plone.app.async_.forms.filters import read_filter
from plone.app.async_.forms.parameters import WrongParameter
from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Board
from plone.app.async_.overview import State
from plone.app.async_.zmi.tabs import LABEL
from plone.app.async_.zmi.tabs import PAGE


JOB_PAGE = "@@manage-jobs-job"

ALERTS = {"info": "success", "warning": "warning", "error": "danger"}
"""Types of messages, and the colours of Bootstrap."""


class RootFormats(Formats):
    """As they are outside of sites, which alone have Plone's ways to write times."""

    def exact(self, moment: datetime) -> str:
        return self._locale.dates.getFormatter("dateTime", "medium").format(moment.astimezone())


class RootPage(BrowserView):
    """A page about the jobs of all sites, and of none. ``Unauthorized`` for all but managers of the Zope root."""

    layout = ViewPageTemplateFile("layout.pt")
    title = LABEL
    queue_word = staticmethod(queue_word)

    def __call__(self) -> Any:
        if not authority.may_manage_all(self.root):
            raise Unauthorized(f"Missing {authority.MANAGE!r} permission at the Zope root")
        try:
            return self.answer()
        except WrongParameter as error:
            raise BadRequest(translate(error.args[0], context=self.request)) from error

    def answer(self) -> Any:
        raise NotImplementedError

    @cached_property
    def root(self) -> Any:
        return self.context.getPhysicalRoot()

    @cached_property
    def url(self) -> str:
        """The address of the Control_Panel."""
        return self.context.absolute_url()

    @cached_property
    def board(self) -> Board:
        return Board(self.root, EVERYTHING)

    @cached_property
    def filter(self) -> Filter:
        """Which jobs the request is about."""
        return read_filter(self.request.form, self.board)

    # What templates show

    @cached_property
    def formats(self) -> Formats:
        return RootFormats(self.context, self.request, self.board.now)

    def badge(self, state: State) -> str:
        """The CSS classes of the label of a state; its text says the same."""
        return f"badge badge-{COLOURS[state]}"

    def job_url(self, job_id: str) -> str:
        """The page of a job, which knows where the reader came from."""
        return f"{self.url}/{JOB_PAGE}?{urlencode([('id', job_id), *self.filter.given])}"

    def messages(self) -> list[tuple[str, str]]:
        """Colour and text of what was done just now."""
        shown = IStatusMessage(self.request).show()
        return [(ALERTS.get(message.type, "info"), message.message) for message in shown]

    # Forms

    @property
    def token(self) -> str:
        """What proves that a form is ours. The very first one makes the keys of the Zope root, as in all its pages."""
        return authenticator.createToken(manager=self._keys)

    @property
    def _keys(self) -> Any:
        # There is no utility in the root, but in a site through which the Control_Panel may have been acquired.
        keys = queryUtility(IKeyManager)
        return getRootKeyManager(self.root) if keys is None else keys

    def require_form(self) -> None:
        """Raise ``Forbidden`` unless it is a form of ours that was posted."""
        postonly.check(self.request)
        authenticator.check(self.request, manager=self._keys)

    def go_back(self, message: str, kind: str = "info") -> Any:
        """Tell what was done, where the reader was."""
        return go_back(self.request, self.url, message, kind, default=PAGE)
