"""The catalogues have all messages of code, pages and profiles, and translate them."""

import ast
import re
from html import unescape
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import pytest


SOURCE = Path(__file__).parents[2] / "src/plone/app"
LOCALES = SOURCE / "async_/locales"
LANGUAGES = ("de", "es", "fr")

I18N = "{http://xml.zope.org/namespaces/i18n}"

is_id = re.compile("[a-z][a-z0-9_]+").fullmatch


# What is used: pairs of id and default


def in_code(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", None) == "_"
            and isinstance(node.args[0], ast.Constant)
        ):
            defaults = [keyword.value.value for keyword in node.keywords if keyword.arg == "default"]
            yield node.args[0].value, defaults[0] if defaults else ""


class Page(HTMLParser):
    """Collects the messages of a page template."""

    def __init__(self):
        super().__init__()
        self.messages = []
        self.open = []  # of each open element: its tag, and the message and the variable that it is, if any

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        for part in filter(None, map(str.strip, attributes.get("i18n:attributes", "").split(";"))):
            name, _space, message = part.partition(" ")
            self.messages.append([message.strip(), attributes[name]])
        name = attributes.get("i18n:name")
        if name:
            self.handle_data(f"${{{name}}}")
        message = [attributes["i18n:translate"], ""] if "i18n:translate" in attributes else None
        if message:
            self.messages.append(message)
        self.open.append((tag, message, name))

    def handle_endtag(self, tag):
        while self.open.pop()[0] != tag:
            pass

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_data(self, data):
        for _tag, message, name in reversed(self.open):
            if message:
                message[1] += data
            if message or name:
                break


def in_page(path):
    page = Page()
    page.feed(path.read_text("utf-8"))
    for message, default in page.messages:
        yield message, " ".join(default.split())


def in_profile(path):
    for element in ElementTree.parse(path).iter():
        names = element.get(f"{I18N}attributes", "").split()
        texts = [element.get(name) for name in names]
        if element.get(f"{I18N}translate") is not None:
            texts.append(element.text)
        yield from ((text, "") for text in texts if text)


def in_zcml(path):
    for element in ElementTree.parse(path).iter():
        if element.tag.endswith("registerProfile"):
            yield from ((element.get(name), "") for name in ("title", "description"))


READERS = {
    "**/*.py": in_code,
    "**/*.pt": in_page,
    "**/profiles/**/*.xml": in_profile,
    "**/*.zcml": in_zcml,
}
MESSAGES = [
    (str(path.relative_to(SOURCE)), *message)
    for pattern, reader in READERS.items()
    for path in sorted(SOURCE.glob(pattern))
    for message in reader(path)
]
OF_PAGES = [message for message in MESSAGES if message[0].endswith((".py", ".pt"))]


# What is in the catalogues


def entries(path):
    """Id, default and translation of each message, and whether it is fuzzy; the head has no id."""
    for block in re.split(r"\n\n+", path.read_text("utf-8").strip()):
        fields = {"msgid": "", "msgstr": ""}
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        for name, text in re.findall(r'^(msgid |msgstr |)"(.*)"$', "\n".join(lines), re.MULTILINE):
            last = name.strip() or last  # noqa: F821 (the first line has one)
            fields[last] += ast.literal_eval(f'"{text}"')
        default = "".join(re.findall(r'^#\. (?:Default: )?"(.*)"$', block, re.MULTILINE))
        yield fields["msgid"], unescape(ast.literal_eval(f'"{default}"')), fields["msgstr"], "#, fuzzy" in block


def catalogue(language):
    return entries(LOCALES / language / "LC_MESSAGES/plone.app.async.po")


POT = {message: default for message, default, _text, _fuzzy in entries(LOCALES / "plone.app.async.pot") if message}


def variables(text):
    return set(re.findall(r"\$\{(\w+)\}", text))


@pytest.mark.parametrize(("where", "message", "default"), OF_PAGES)
def test_messages_have_an_id_and_a_default(where, message, default):
    assert is_id(message) and default


def test_a_message_has_one_default():
    pairs = sorted({message[1:] for message in MESSAGES})
    defaults = {message: [default for _message, default in group] for message, group in groupby(pairs, lambda x: x[0])}
    assert {message: texts for message, texts in defaults.items() if len(texts) > 1} == {}


def test_the_template_has_the_messages_that_are_used():
    assert {message: default for _where, message, default in MESSAGES} == POT


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_catalogue_has_the_messages_of_the_template(language):
    found = [message for message, *_rest in catalogue(language) if message]
    assert sorted(found) == sorted(POT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_is_translated(language):
    for message, default, text, fuzzy in catalogue(language):
        assert text.strip() and not fuzzy, message
        if message:
            assert variables(text) == variables(POT[message]) and default == POT[message], message


def test_english_is_what_the_pages_say():
    assert {text for message, _default, text, _fuzzy in catalogue("en") if message} == {""}


def test_there_is_something_to_look_at():
    assert {Path(where).suffix for where, *_message in MESSAGES} == {".py", ".pt", ".xml", ".zcml"}
    assert len(POT) > 200
