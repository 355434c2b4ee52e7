"""The turns of threads in a process that runs jobs."""

import sys
import uuid

import pytest

from zc.async_.subscribers import make_dispatcher


@pytest.fixture(autouse=True)
def put_back():
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize(("before", "after"), [(0.005, 0.001), (0.0005, 0.0005), (0.02, 0.02)])
def test_a_worker_shortens_the_turns_of_its_threads_unless_they_were_set(db, before, after):
    sys.setswitchinterval(before)
    make_dispatcher(db, None, 5, uuid.uuid4())
    assert sys.getswitchinterval() == pytest.approx(after)
