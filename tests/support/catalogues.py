"""What pages say, compared with what the catalogues have."""

import ast
import re
from html import unescape
from pathlib import Path


LOCALES = Path(__file__).parents[2] / "src/plone/app/async_/locales"
LANGUAGES = ("de", "es", "fr")


def words(text):
    return " ".join(unescape(text).replace("\N{NO-BREAK SPACE}", " ").split())


def left_in_english(contents, language):
    """The texts of a page that have a translation."""
    po = (LOCALES / language / "LC_MESSAGES/plone.app.async.po").read_text("utf-8")
    pairs = re.findall(r'^#\. Default: (".*")\n(?:#.*\n)*msgid ".*"\nmsgstr (".*")$', po, re.MULTILINE)
    defaults = {words(ast.literal_eval(default)) for default, text in pairs if default != text}
    texts = set(map(words, re.findall(r">([^<>]+)<", contents)))
    return defaults & texts
