"""What does not outlive its request, and what to pass to a job instead."""

from __future__ import annotations

import io
import types
from typing import Any

from Acquisition import aq_base
from Products.PlonePAS.tools.groupdata import GroupData
from Products.ZCatalog.CatalogBrains import AbstractCatalogBrain
from ZPublisher.BaseRequest import BaseRequest
from ZPublisher.BaseResponse import BaseResponse
from ZPublisher.HTTPRequest import FileUpload
from ZTUtils.Lazy import Lazy


class Misfit(Exception):
    """``value`` cannot be an argument of a job; the text says what to do."""

    def __init__(self, value: Any, advice: str) -> None:
        super().__init__(advice)
        self.value = value


OPEN_FILES = (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.FileIO)

ADVICE: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (AbstractCatalogBrain, "a catalog brain; pass brain.getObject(), which travels as a reference, or brain.UID"),
    (Lazy, "results of a catalog; pass the objects or the UIDs: [brain.UID for brain in results]"),
    (GroupData, "a group; pass its id"),
    (BaseRequest, "a request; pass the values that are needed, for a job has a request of its own"),
    (BaseResponse, "a response; what a job has to tell is its result"),
    (FileUpload, "an uploaded file; pass upload.read() and upload.filename"),
    (OPEN_FILES, "an open file; pass its content, or its path if the worker can read it"),
    (types.GeneratorType, "a generator; pass a list of what it gives"),
)


def refuse_misfit(obj: Any) -> None:
    """Raise ``Misfit`` if the value is of no use in another process, even though it might be stored."""
    base = aq_base(obj)
    for kinds, advice in ADVICE:
        if isinstance(base, kinds):
            raise Misfit(obj, advice)
    if isinstance(obj, types.MethodType) and aq_base(obj.__self__) is not obj.__self__:
        raise Misfit(obj, "a method of a content object; pass the object, and call its method in the job")
    if isinstance(obj, (type, types.FunctionType)) and obj.__module__ == "__main__":
        raise Misfit(obj, f"{obj.__qualname__} is defined in a script; the worker has another __main__")
