"""Functions as data."""

import functools
import operator
import pickle

import pytest

from plone.app.async_.function import ClassFunction
from plone.app.async_.function import ContentCall
from plone.app.async_.function import storable
from plone.app.async_.references import ContentReference
from zc.async_.interfaces import JobNotPicklable


class Outer:
    class Inner:
        pass

    def method(self):
        return "called"

    @classmethod
    def of_class(cls):
        return cls.__name__


def function():
    pass


renamed = functools.wraps(function)(lambda: 1)


@pytest.mark.parametrize(
    "func", [function, Outer, len, operator.add, functools.partial(function, 1), operator.attrgetter("x")]
)
def test_what_has_a_name_is_stored_by_it(func):
    assert storable(func, "func") is func


def test_functions_and_classes_in_classes():
    stored = storable(Outer.method, "func")
    assert stored == ClassFunction(Outer, "method")
    assert repr(stored) == f"{__name__}.Outer.method"
    assert pickle.loads(pickle.dumps(stored, 3))(Outer()) == "called"
    assert storable(Outer.Inner, "func").name == "Inner"
    assert storable(Outer.of_class, "func")() == "Outer"


@pytest.mark.parametrize("func", [lambda: 1, renamed, "function", None])
def test_K92_what_has_no_name_is_refused(func):
    with pytest.raises(JobNotPicklable, match=r"^func cannot be found by its name: .*top level"):
        storable(func, "func")


def test_calls_on_content_describe_themselves():
    assert repr(ContentCall(function)) == f"{__name__}.function"
    assert repr(ContentCall(ContentReference(("", "site", "one")), "edit")) == "/site/one :edit"
