"""The browser layers of a request that its site does not give to each request, by name."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from plone.browserlayer.interfaces import ILocalBrowserLayerType
from zExceptions import BadRequest
from zope.component import getAllUtilitiesRegisteredFor
from zope.interface import alsoProvides
from zope.interface import implementedBy
from zope.interface import providedBy
from zope.interface.interface import InterfaceClass
from zope.publisher.interfaces.browser import IDefaultBrowserLayer


def capture(request: Any) -> str:
    """The names of what views, subscribers and the like have marked the request with, with blanks between.

    Interfaces that a worker could not find by their name are left out: they were made for this request only.
    """
    # Not directlyProvidedBy: it would take longer than all else that queueing does.
    layers = getAllUtilitiesRegisteredFor(ILocalBrowserLayerType)
    given = {IDefaultBrowserLayer, *layers, *implementedBy(type(request))}
    marks = (mark for mark in providedBy(request) if mark not in given)
    return " ".join(mark.__identifier__ for mark in marks if _can_be_found(mark))


def mark(request: Any, names: str) -> None:
    """Mark the request, as ``alsoProvides`` does; ``BadRequest`` if an interface is gone."""
    for name in names.split():
        layer = _find(name)
        if not layer.providedBy(request):
            alsoProvides(request, layer)


def _can_be_found(mark: InterfaceClass) -> bool:
    return getattr(sys.modules.get(mark.__module__), mark.__name__, None) is mark


def _find(name: str) -> InterfaceClass:
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise BadRequest(f"Browser layer {name} not found") from error
    if not isinstance(found, InterfaceClass):
        raise BadRequest(f"Browser layer {name} is no interface")
    return found
