"""Functions as data: whatever a worker can find by its dotted name."""

from __future__ import annotations

import functools
import sys
import types
from typing import Any
from typing import NamedTuple

from Acquisition import aq_base

from plone.app.async_.arguments import unpack
from plone.app.async_.references import has_place
from plone.app.async_.references import reference_to
from zc.async_.describe import custom_repr
from zc.async_.interfaces import JobNotPicklable
from zc.async_.picklable import picklable


class ClassFunction(NamedTuple):
    """A function or class inside a class, such as ``Document.reindexObject``; pickles in the database know only
    names at the top level of a module."""

    owner: type
    name: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return getattr(self.owner, self.name)(*args, **kwargs)

    def __repr__(self) -> str:
        return f"{custom_repr(self.owner)}.{self.name}"


class ContentCall(NamedTuple):
    """A callable that needs content: a method of a content object, or a function with such arguments."""

    target: Any
    method: str | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Find the content and call; ``BadRequest`` if it is gone, ``AttributeError`` if it has no such method."""
        return self._function()(*unpack(args), **unpack(kwargs))

    def _function(self) -> Any:
        if self.method is None:
            return self.target
        owner = self.target.find("Context")
        if not hasattr(aq_base(owner), self.method):  # nor one that is acquired
            raise AttributeError(f"{'/'.join(self.target.path)} has no method {self.method} any more")
        return getattr(owner, self.method)

    def __repr__(self) -> str:
        if self.method is None:
            return custom_repr(self.target)
        return f"{'/'.join(self.target.path) or '/'} :{self.method}"


def content_call(func: Any, has_content_arguments: bool) -> Any:
    """What to store as the callable of a ``Job`` so that a worker finds it, with the content that it needs.

    Raises ``JobNotPicklable`` and ``ContextWithoutPath``, calling it ``callable``.
    """
    owner = getattr(func, "__self__", None)
    if has_place(owner):
        if not hasattr(aq_base(owner), func.__name__):
            raise JobNotPicklable(f"callable: {owner!r} has no method of the name {func.__name__}")
        return ContentCall(reference_to(owner, "callable"), func.__name__)
    stored = storable(func, "callable")
    return ContentCall(stored) if has_content_arguments else stored


def storable(func: Any, name: str) -> Any:
    """What to store for a function so that a worker finds it; raises ``JobNotPicklable`` calling it ``name``."""
    if isinstance(func, types.MethodType) and aq_base(func.__self__) is not func.__self__:
        function = f"{custom_repr(type(aq_base(func.__self__)))}.{func.__name__}"
        raise JobNotPicklable(
            f"{name} is a method of the content object {func.__self__!r}; "
            f"pass the function of the class, {function}, and the object as the context"
        )
    stored = _in_class(func) or func
    reason: Any = picklable(stored)
    if getattr(func, "__module__", None) == "__main__":
        reason = "the worker has another __main__"
    if reason is not None or not callable(func):
        raise JobNotPicklable(
            f"{name} cannot be found by its name: {custom_repr(func)} ({reason or 'it is not callable'}); "
            "use a function at the top level of a module that instance and worker can import"
        )
    return stored


def _in_class(func: Any) -> ClassFunction | None:
    if not isinstance(func, (types.FunctionType, type)):
        return None
    path, _, name = func.__qualname__.rpartition(".")
    module = sys.modules.get(func.__module__)
    if not path or module is None:
        return None
    owner = functools.reduce(lambda owner, name: getattr(owner, name, None), path.split("."), module)
    if not isinstance(owner, type) or getattr(owner, name, None) is not func:
        return None
    return ClassFunction(owner, name)
