"""Arguments of jobs: content objects and users travel as references, however deep they are in other data.

Arguments are copied by pickling, which goes through all that can be stored: collections of any kind, cycles,
and objects of an add-on's own. So what could not be stored, or not be read again, is found at the call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from Acquisition import aq_base
from persistent import Persistent
from ZODB.blob import Blob

from plone.app.async_.culprits import find_culprit
from plone.app.async_.interfaces import ContextWithoutPath
from plone.app.async_.interfaces import UserNotRestorable
from plone.app.async_.misfits import Misfit
from plone.app.async_.misfits import refuse_misfit
from plone.app.async_.queues import keeps_files
from plone.app.async_.references import ContentReference
from plone.app.async_.references import has_place
from plone.app.async_.references import reference_to
from plone.app.async_.user_reference import UserReference
from plone.app.async_.user_reference import is_user
from plone.app.async_.user_reference import user_reference_to
from zc.async_.copies import COPY_ERRORS
from zc.async_.copies import copied
from zc.async_.copies import visit
from zc.async_.describe import custom_repr
from zc.async_.interfaces import JobNotPicklable
from zc.async_.picklable import ADVICE


REFUSALS = (ContextWithoutPath, UserNotRestorable, Misfit, *COPY_ERRORS)


def pack_arguments(args: Iterable[Any], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Copies of the arguments, with a reference for each content object and user in them.

    Persistent objects that are no content stay the objects they are. Raises ``JobNotPicklable``, naming the part, for
    what cannot be stored or is of no use in a worker; ``ContextWithoutPath`` for content that has no path.
    """
    args = tuple(args)
    try:
        return copied((args, kwargs), _pack)
    except REFUSALS as error:
        raise _refusal(args, kwargs, error) from error


def unpack(value: Any) -> Any:
    """A copy of packed arguments, with the object or user for each reference; ``BadRequest`` if one is gone.

    A second attempt of a job gets its arguments as they were, whatever the first did to its own.
    """
    return copied(value, _find)


def has_references(value: Any) -> bool:
    """Whether there is a reference in packed arguments."""
    found = []

    def look(obj: Any) -> Any:
        if type(obj) in (ContentReference, UserReference):
            found.append(obj)
        return obj if isinstance(obj, Persistent) else None

    visit(value, look)
    return bool(found)


def _pack(obj: Any) -> Any:
    refuse_misfit(obj)
    if is_user(obj):
        return user_reference_to(obj)
    if has_place(obj):
        return reference_to(obj, "")  # the name is put before it when it is known
    if not issubclass(type(obj), Persistent):
        return None
    if obj._p_jar is None:
        _check_new(obj)
    return obj


def _check_new(obj: Persistent) -> None:
    """Pickle what will be stored beside the job, in records of its own."""
    new: list[Persistent] = []
    seen = set()

    def look(part: Any) -> Any:
        if not issubclass(type(part), Persistent):
            return None
        if isinstance(part, Blob) and part._p_jar is None and not keeps_files():
            raise Misfit(part, "the database of the queues keeps no files; put the file into content, and pass that")
        if part._p_jar is None and id(part) not in seen:
            seen.add(id(part))
            new.append(part)
        return part

    visit(obj, look)
    while new:
        visit(new.pop().__getstate__(), look)


def _find(obj: Any) -> Any:
    if type(obj) is ContentReference:
        return obj.find("Argument")
    if type(obj) is UserReference:
        return obj.find()
    return obj if issubclass(type(obj), Persistent) else None


def _problem(value: Any) -> Exception | None:
    try:
        copied(value, _pack)
    except REFUSALS as error:
        return error
    return None


def _refusal(args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> Exception:
    """What to raise for arguments with that problem."""
    named = {f"args[{index}]": value for index, value in enumerate(args)}
    named.update({f"kwargs[{key!r}]": value for key, value in kwargs.items()})
    for name, value in named.items():
        problem = _problem(value)
        if problem is not None:
            name, value, error = find_culprit(name, value, problem, _problem)
            break
    else:
        name, value = "the arguments", (args, kwargs)
    if isinstance(error, ContextWithoutPath):
        return ContextWithoutPath(f"{name}{error}")
    text = f"{name} cannot be stored in the database: {custom_repr(aq_base(value))} ({error})"
    return JobNotPicklable(text if isinstance(error, Misfit) else f"{text}; {ADVICE['argument']}")
