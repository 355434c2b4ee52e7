"""Looking for changes of which nobody tells."""

import itertools

from zc.async_.pace import Pace


def looks(pace, start, end):
    """The times at which one looks who waits as the pace says."""
    times = []
    now = start
    while (now := now + pace.pause(now)) <= end:
        times.append(now)
    return times


def test_after_activity_looks_are_frequent():
    assert len(looks(Pace(100, shortest=0.05), 100, 100.5)) == 10


def test_a_change_is_found_late_by_a_tenth_of_the_quiet_time_at_most():
    times = looks(Pace(0, shortest=0.05), 0, 3600)
    pauses = [(earlier, later - earlier) for earlier, later in itertools.pairwise(times)]
    assert all(pause <= max(0.05, quiet / 10) * 1.001 for quiet, pause in pauses)


def test_an_hour_of_quiet_takes_about_a_hundred_looks():
    assert 90 < len(looks(Pace(0, shortest=0.05), 0, 3600)) < 110


def test_activity_makes_it_look_often_again():
    pace = Pace(0, shortest=0.05)
    assert pace.pause(1000) == 100
    pace.active(1000)
    assert pace.pause(1000) == 0.05
