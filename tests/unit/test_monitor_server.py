"""The line protocol of the monitor, without sockets."""

import pytest
from zope.component import provideUtility
from zope.component.testing import setUp
from zope.component.testing import tearDown

from zc.async_ import monitor
from zc.async_.interfaces import IMonitorPlugin
from zc.async_.monitor import INTERACTIVE_MARKER
from zc.async_.monitor import MORE_MARKER
from zc.async_.monitor import QUIT_MARKER
from zc.async_.monitor import Server
from zc.async_.monitor import register
from zc.async_.monitor import register_basics
from zc.async_.monitor.interfaces import ToolError


class Peer:
    """A connection that keeps what is written to it."""

    def __init__(self):
        self.text = ""
        self.closed = False
        self.server = Server(self)

    def write(self, data):
        assert not self.closed
        self.text += data

    def close(self):
        self.closed = True

    def send(self, *lines):
        """What is answered to these lines."""
        self.text = ""
        for line in lines:
            self.server.handle_input(self, line)
        return self.text


def echo(connection, *words):
    """Write the words.

    One on a line.
    """
    connection.write("".join(f"<{word}>" for word in words) + "\n")


def explode(connection):
    raise KeyError("no such thing")


@pytest.fixture(autouse=True)
def commands():
    setUp()
    register_basics()
    register(echo)
    register(explode)
    yield
    tearDown()


@pytest.fixture
def peer():
    return Peer()


def test_M2_M9_one_command_and_the_connection_closes(peer):
    assert peer.send("echo a  b\r") == "<a><b>\n"
    assert peer.closed
    assert peer.server.mode is QUIT_MARKER


def test_M2_lines_after_the_closing_command_are_ignored(peer):
    assert peer.send("echo a", "echo b") == "<a>\n"


def test_M9_there_is_no_quoting(peer):
    assert peer.send('echo "a b"') == '<"a><b">\n'


def test_M3_M6_interactive_until_quit(peer):
    assert peer.send("interactive") == 'Interactive mode on.  Use "quit" To exit.\n'
    assert peer.server.mode is INTERACTIVE_MARKER
    assert peer.send("echo a") == "<a>\n"
    assert not peer.closed
    assert peer.send("quit") == "Goodbye.\n"
    assert peer.closed


def test_M5_unknown_command(peer):
    assert peer.send("foo bar") == "Invalid command 'foo'\nTry \"help\".\n"
    assert peer.closed


def test_M4_an_empty_line_repeats_the_last_command_even_a_wrong_one(peer):
    peer.send("interactive")
    assert peer.send("echo a b", "") == "<a><b>\n<a><b>\n"
    assert peer.send("foo", " ") == "Invalid command 'foo'\nTry \"help\".\n" * 2


def test_an_empty_first_line_is_ignored_and_nothing_closes(peer):
    assert peer.send("") == ""
    assert not peer.closed
    assert peer.send("echo a") == "<a>\n"


def test_M7_an_error_shows_its_traceback_and_its_last_line_again(peer):
    text = peer.send("explode")
    assert text.startswith("Traceback (most recent call last):\n")
    assert text.endswith("KeyError: 'no such thing'\nKeyError: 'no such thing'\n\n")
    assert peer.closed


def test_M3_M7_an_error_leaves_an_interactive_connection_open(peer):
    peer.send("interactive")
    text = peer.send("quit now")
    assert "TypeError: quit() takes 1 positional argument but 2 were given\n\n" in text
    assert not peer.closed


def test_M8_more_gets_whole_lines_until_another_marker(peer):
    seen = []

    def more(connection, *words):
        seen.append(words)
        if words == ("fail",):
            raise ValueError
        if words == ("end", "."):
            return QUIT_MARKER
        return MORE_MARKER if words == ("first",) else None

    register(more)
    text = peer.send("more first", "echo a", "", "fail", "end .", "echo b")
    assert seen == [("first",), ("echo", "a"), (), ("fail",), ("end", ".")]
    assert "ValueError" in text
    assert peer.closed


def test_M1_help_lists_commands_with_the_first_line_of_their_documentation(peer):
    assert peer.send("help") == (
        "Supported commands:\n"
        "  echo -- Write the words.\n"
        "  explode -- ?\n"
        "  help -- List the commands, or tell about one.\n"
        "  interactive -- Keep the connection open for more commands.\n"
        "  quit -- Close the connection.\n"
    )


def test_help_of_one_command(peer):
    peer.send("interactive")
    assert peer.send("help echo") == "Help for echo:\n\nWrite the words.\n\nOne on a line.\n"
    assert peer.send("help explode") == "Help for explode:\n\nNone\n"
    assert peer.send("help nothing") == "No command 'nothing'.\nTry \"help\".\n"


def test_M15_register_by_its_own_name_or_another(peer):
    register(echo, "async")
    peer.send("interactive")
    assert peer.send("echo a", "async b") == "<a>\n<b>\n"


@pytest.mark.parametrize("interface", [IMonitorPlugin, monitor.IMonitorPlugin, monitor.IZ3MonitorPlugin])
def test_commands_of_others_are_utilities(peer, interface):
    """As the ZCML of other packages has it, whatever the place from which it takes the interface."""
    provideUtility(echo, interface, "shop-orders")
    peer.send("interactive")
    assert peer.send("shop-orders 17") == "<17>\n"
    assert "\n  shop-orders -- Write the words.\n" in peer.send("help")


def test_more_can_lead_to_interactive_mode(peer):
    register(lambda connection, *words: INTERACTIVE_MARKER if words == (".",) else MORE_MARKER, "more")
    assert peer.send("more", ".", "quit") == "Goodbye.\n"


def test_a_question_without_an_answer_is_one_line(peer):
    def refuse(connection):
        raise ToolError("[No such thing]")

    register(refuse)
    assert peer.send("refuse") == "[No such thing]\n"
    assert peer.closed


def test_nothing_is_written_to_a_peer_that_is_gone(peer):
    peer.send("interactive")
    peer.server.handle_close(peer, "gone")
    assert peer.send("echo a") == ""
