"""Commands made of tools, and the command ``async``."""

import json
import uuid
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest

from zc.async_ import dispatcher
from zc.async_ import instanceuuid
from zc.async_.monitor import async_
from zc.async_.monitor import encoder
from zc.async_.monitor import monitor
from zc.async_.monitor.tools import ToolError


class Written(list):
    def write(self, data):
        self.append(data)

    @property
    def text(self):
        return "".join(self)


def ask(command, *words):
    connection = Written()
    command(connection, *words)
    return connection.text


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


def test_everything_else_is_json_with_sorted_keys():
    assert run("show", "a", "z:1", "b:x:y", "c:") == encoder.encode([["a"], {"b": "x:y", "c": "", "z": "1"}]) + "\n"


def test_positional_words_come_first():
    with pytest.raises(ValueError, match="placeful modifiers must come before named modifiers"):
        run("show", "a:1", "b")


def test_an_unknown_tool():
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
        (timedelta(minutes=1), {"minutes": 1}),
        (timedelta(hours=-1), {"hours": -1}),
        (datetime(2006, 8, 10, 15, 44, 22, 211), "2006-08-10T15:44:22.000211Z"),
        (datetime(2006, 8, 10, 17, 44, 22, tzinfo=timezone(timedelta(hours=2))), "2006-08-10T15:44:22Z"),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        (iter((1, 2)), [1, 2]),
        ((1, 2), [1, 2]),
        (test_an_unknown_tool, f"{__name__}.test_an_unknown_tool"),
    ],
)
def test_encoder(value, expected):
    assert json.loads(encoder.encode(value)) == expected


def test_async_alone_lists_its_tools_sorted():
    lines = ask(async_).splitlines()
    assert [line.partition(":")[0] for line in lines[lines.index("") + 1 :]] == ["UUID", "help", "status", "utcnow"]
    assert ask(async_, "help") == ask(async_)


def test_async_help_of_a_tool():
    assert ask(async_, "help", "status").startswith("Show whether the dispatcher runs")
    assert ask(async_, "help", "nothing") == "Unknown async tool\n"


def test_async_utcnow():
    told = datetime.fromisoformat(ask(async_, "utcnow").strip().removesuffix("Z"))
    assert abs(told - datetime.now(timezone.utc).replace(tzinfo=None)) < timedelta(seconds=5)


def test_async_uuid():
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
