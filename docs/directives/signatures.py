"""Signatures as a reader would write them."""

import inspect
from datetime import timedelta
from enum import Enum


PLAIN = bool, int, float, str


def signature_of(cls):
    """The arguments with which a class is called, if it says so itself."""
    takes_any = {cls.__init__, cls.__new__} <= {object.__init__, object.__new__}
    if takes_any or issubclass(cls, Enum) or getattr(cls, "_is_protocol", False):
        return ""
    return signature(cls)


def signature(function):
    """The arguments without their types, which the docstring tells where they matter, and without ``self``."""
    try:
        found = inspect.signature(function)
    except ValueError:  # written in C
        return ""
    kept = [
        each.replace(annotation=each.empty, default=Shown.default_of(each))
        for position, each in enumerate(found.parameters.values())
        if not (position == 0 and each.name in ("self", "cls"))
    ]
    return str(found.replace(parameters=kept, return_annotation=found.empty))


class Shown:
    """A default whose ``repr`` is as a reader would write it."""

    def __init__(self, value):
        self._text = text_of(value)

    def __repr__(self):
        return self._text

    @classmethod
    def default_of(cls, parameter):
        return parameter.default if parameter.default is parameter.empty else cls(parameter.default)


def text_of(value):
    if value is None or isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(text_of, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, timedelta):
        return f"timedelta(seconds={value.total_seconds():g})"
    return getattr(value, "__name__", f"{type(value).__name__}(...)")
