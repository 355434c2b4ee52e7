"""Texts of anybody's for logs and people: cut, with what looks like a secret hidden."""

from __future__ import annotations

import re

from zc.async_.describe import shortened


HIDDEN = "••••"

LONGEST = 300
"""Characters of one text."""

MORE = "…"

SECRET_IN_TEXT = re.compile(
    r"""(?ix) ( (?: password | passwd | passphrase | secret | token | credentials? | authorization | api[_-]?key
    | \bpwd ) [\w-]* ['"]? \s* [=:] \s* ) ( (?: bearer | basic )\s+\S+ | '[^']*' | "[^"]*" | [^\s,;&)}\]]+ )"""
)
LOGIN_IN_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


def plain_text(text: str, longest: int = LONGEST) -> str:
    """A text of anybody's, cut, with what looks like a secret hidden."""
    hidden = SECRET_IN_TEXT.sub(rf"\1{HIDDEN}", text[: 2 * longest])
    return shortened(LOGIN_IN_URL.sub(rf"\1{HIDDEN}@", hidden), longest, MORE)
