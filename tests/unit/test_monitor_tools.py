"""Commands made of tools, and the command ``async`` without a dispatcher."""

import json
import uuid
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
from asking import ask
from hypothesis import given
from hypothesis import strategies as st

from zc.async_ import dispatcher
from zc.async_ import instanceuuid
from zc.async_.monitor import async_
from zc.async_.monitor import encoder
from zc.async_.monitor import funcs
from zc.async_.monitor import monitor
from zc.async_.monitor.tools import ToolError
from zc.async_.monitor.tools import parse_arguments


def show(*args, **kwargs):
    """Show the arguments."""
    return [args, kwargs]


def refuse():
    raise ToolError("[No]")


FUNCS = {"show": show, "text": lambda: "text", "line": lambda: "line\n", "refuse": refuse}


def run(*words):
    return ask(lambda connection, cmd=None, *raw: monitor(FUNCS, "INTRO", connection, cmd, raw), *words)


def test_text_is_written_as_it_is_and_ends_with_a_newline():
    assert run("text") == "text\n"
    assert run("line") == "line\n"


def test_M31_everything_else_is_json_with_sorted_keys():
    assert run("show", "a", "z:1", "b:x:y", "c:") == encoder.encode([["a"], {"b": "x:y", "c": "", "z": "1"}]) + "\n"


def test_M28_positional_words_come_first():
    with pytest.raises(ValueError) as caught:
        run("show", "a:1", "b")
    assert str(caught.value) == "placeful modifiers must come before named modifiers"


@pytest.mark.parametrize(
    ("line", "args", "kwargs"),
    [
        ('queue:"my queue" agent:main', [], {"queue": "my queue", "agent": "main"}),
        ("'12:30' \"say 'x'\" at:12:30", ["12:30", "say 'x'"], {"at": "12:30"}),
        ('a"b c"d', ["ab cd"], {}),
        ("it's queue:5\" x:", ["it's"], {"queue": '5"', "x": ""}),
        ('queue:""', [], {"queue": ""}),
    ],
)
def test_K68_quotes_keep_blanks_and_colons(line, args, kwargs):
    assert parse_arguments(line.split()) == (args, kwargs)


plain = st.text(st.characters(exclude_categories=["Z", "C"], exclude_characters="\"':"))


@given(st.lists(plain.filter(bool)), st.dictionaries(plain.filter(bool), plain | st.just("a:b")))
def test_words_without_quotes_are_taken_as_they_are(args, kwargs):
    words = [*args, *(f"{name}:{value}" for name, value in kwargs.items())]
    assert parse_arguments(words) == (args, kwargs)


@given(st.lists(st.text(st.sampled_from("ab:'\"* "), max_size=8)))
def test_arguments_never_fail_in_another_way(words):
    try:
        args, kwargs = parse_arguments(" ".join(words).split())
    except ValueError as error:
        assert str(error) == "placeful modifiers must come before named modifiers"
    else:
        assert all(isinstance(value, str) for value in [*args, *kwargs, *kwargs.values()])


def test_M20_an_unknown_tool():
    assert run("nothing") == "[Unknown tool name for this command: nothing]\n"


def test_a_tool_that_cannot_answer_says_so_in_a_line():
    assert run("refuse") == "[No]\n"


def test_without_a_tool_the_tools_are_listed():
    assert run() == "INTRO\n\nline: ?\nrefuse: ?\nshow: Show the arguments.\ntext: ?\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (timedelta(), {"seconds": 0.0}),
        (timedelta(days=1, hours=2, minutes=3, seconds=4.5), {"days": 1, "hours": 2, "minutes": 3, "seconds": 4.5}),
        (timedelta(minutes=90), {"hours": 1, "minutes": 30}),
        (timedelta(seconds=0.5), {"seconds": 0.5}),
        (timedelta(hours=-1), {"hours": -1}),
        (datetime(2006, 8, 10, 15, 44, 22, 211), "2006-08-10T15:44:22.000211Z"),
        (datetime(2006, 8, 10, 17, 44, 22, tzinfo=timezone(timedelta(hours=2))), "2006-08-10T15:44:22Z"),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        (iter((1, 2)), [1, 2]),
        ((1, 2), [1, 2]),
        (refuse, f"{__name__}.refuse"),
    ],
)
def test_M29_M30_encoder(value, expected):
    assert json.loads(encoder.encode(value)) == expected


def test_M20_async_alone_lists_its_tools_sorted():
    lines = ask(async_).splitlines()
    names = [line.partition(":")[0] for line in lines[lines.index("") + 1 :]]
    assert names == sorted(funcs)
    assert ask(async_, "help") == ask(async_)


def test_M20_async_help_of_a_tool():
    assert ask(async_, "help", "status").startswith("Show whether the dispatcher runs")
    assert ask(async_, "help", "nothing") == "Unknown async tool\n"


def test_M21_async_utcnow():
    told = datetime.fromisoformat(ask(async_, "utcnow").strip().removesuffix("Z"))
    assert abs(told - datetime.now(timezone.utc).replace(tzinfo=None)) < timedelta(seconds=5)


def test_M21_async_uuid():
    assert ask(async_, "UUID") == f"{instanceuuid.current()}\n"


def test_async_status_without_a_dispatcher():
    assert ask(async_, "status") == f"[No dispatcher {instanceuuid.current()} runs in this process]\n"
    assert ask(async_, "status", "uuid:nonsense") == "[Not a UUID: nonsense]\n"


def test_async_status_tells_what_the_dispatcher_says(monkeypatch):
    identity = uuid.uuid4()

    class Dispatcher:
        def getStatusInfo(self):
            return {"status": "RUNNING", "uptime": timedelta(seconds=2), "uuid": identity}

    monkeypatch.setattr(dispatcher, "get", {identity: Dispatcher()}.get)
    told = json.loads(ask(async_, "status", f"uuid:{identity}"))
    assert told == {"status": "RUNNING", "uptime": {"seconds": 2.0}, "uuid": str(identity)}
