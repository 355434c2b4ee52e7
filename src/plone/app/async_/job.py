"""Jobs that run where and as whom they were queued. One record each: the environment is part of the job's state."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from plone.app.async_ import environment
from plone.app.async_.arguments import has_references
from plone.app.async_.arguments import pack_arguments
from plone.app.async_.environment import Environment
from plone.app.async_.function import ContentCall
from plone.app.async_.function import content_call
from plone.app.async_.queues import DEFAULT_QUOTA
from plone.app.async_.references import ContentReference
from plone.app.async_.references import Path
from plone.app.async_.request import RequestState
from zc.async_ import job as engine
from zc.async_.describe import custom_repr
from zc.async_.describe import describe_callable
from zc.async_.picklable import check_picklable


__all__ = ["Job", "ServiceJob", "SiteJob"]

IS_HEX = re.compile("[0-9a-f]{32}").fullmatch
"""Whether a UID is one of the usual kind, which is stored as 16 bytes."""


class SiteJob(engine.Job):
    """A job with a site, a user and a request, restored for each attempt with objects of the job's own transaction.

    So what it does to content and its result are one commit. A subclass that extends ``setUp`` must undo its own
    part, and then what it got from here, when it fails.
    """

    request: RequestState = ()

    environment: Environment
    """Where and as whom the job runs."""

    @property
    def title(self) -> str:
        """What the job does, in a line for the Undo log."""
        return describe_callable(self)

    @property
    def surroundings(self) -> dict[str, str]:
        """Its site and its user, for its line in the log."""
        return {"site": "/".join(self.environment.portal_path), "user": self.environment.user_id or ""}

    def setUp(self) -> Callable[[], None]:
        """Restore site, user and request, and sign the transactions; returns the way back.

        Raises ``zExceptions.BadRequest`` naming what is gone, with the thread left as it was.
        """
        return environment.restore(self._p_jar, self.environment, f"job {self.title}")

    def tearDown(self, setup_info: Callable[[], None] | None) -> None:
        """Put the thread back into the state before ``setUp``."""
        if setup_info is not None:
            setup_info()


class Job(SiteJob):
    """``Job(callable, *args, **kwargs)``: a job for the current site, as the current user, for ``queue.put``.

    It may be a method of a content object, and content objects may be among the arguments; ``callable`` is then a
    ``ContentCall``. Raised when made: ``NoSite``, ``ContextWithoutPath``, ``UserNotRestorable``, and
    ``JobNotPicklable`` for a function that no worker can find.
    """

    portal_path: Path | None = None
    uf_path: Path = ()
    user_id: str | None = None

    def __init__(self, callable: Any, /, *args: Any, **kwargs: Any) -> None:
        args, kwargs = pack_arguments(args, kwargs)
        callable = content_call(callable, has_references((args, kwargs)))
        super().__init__(callable, *args, **kwargs)
        self._capture()

    def _capture(self) -> None:
        here = environment.capture()
        self.portal_path, self.uf_path, self.user_id = here.portal_path, here.uf_path, here.user_id
        self.request = here.request

    @property
    def environment(self) -> Environment:
        """Where and as whom the job runs."""
        return Environment(self.portal_path or (), self.uf_path, self.user_id, self.request)

    @property
    def function_name(self) -> str:
        """The dotted name of the function; the name alone of a method of content, whose class is not known."""
        call = self._callable
        is_method = isinstance(call, ContentCall) and call.method is not None
        return call.method if is_method else super().function_name


class ServiceJob(SiteJob):
    """A job of the service; its ``args`` are ``(context_path, portal_path, uf_path, user_id, func, *args)``.

    Made by ``jobinfo.wrap``. What all such jobs have in common is not stored.
    """

    uid: bytes | str | None = None
    _quota_names = (DEFAULT_QUOTA,)

    def __init__(
        self, func: Any, context: ContentReference, here: Environment, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._args = (context.path, here.portal_path, here.uf_path, here.user_id, func, *args)
        if kwargs:
            self._kwargs = kwargs
        if context.uid is not None:
            self.uid = bytes.fromhex(context.uid) if IS_HEX(context.uid) else context.uid
        if here.request:
            self.request = here.request

    @property
    def _callable(self) -> Any:
        from plone.app.async_.service import _executeAsUser

        return _executeAsUser

    @property
    def context(self) -> ContentReference:
        """What the job works on."""
        return ContentReference(self._args[0], self.uid.hex() if isinstance(self.uid, bytes) else self.uid)

    @property
    def environment(self) -> Environment:
        """Where and as whom the job runs."""
        return Environment(*self._args[1:4], self.request)

    @property
    def title(self) -> str:
        """The function and the path of the context."""
        return f"{custom_repr(self._args[4])} on {'/'.join(self._args[0]) or '/'}"

    @property
    def function_name(self) -> str:
        """The dotted name of the user's function."""
        return custom_repr(self._args[4])

    def check_picklable(self) -> None:
        """Raise ``JobNotPicklable`` counting the arguments as the caller of the service does."""
        check_picklable(self._args[4], self._args[5:], self._kwargs or {})
