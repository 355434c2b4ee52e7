"""Values as short texts without secrets: bounded, whatever the value; nothing persistent is loaded."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable
from typing import Any

from plone.app.async_.references import ContentReference
from zc.async_.describe import custom_repr
from zc.async_.describe import shortened
from zc.async_.redact import HIDDEN
from zc.async_.redact import LONGEST
from zc.async_.redact import MORE
from zc.async_.redact import plain_text


MOST_ITEMS = 20
DEEPEST = 4

WORDS = frozenset(["auth", "cookie", "cookies", "key", "pwd"])
PARTS = ("password", "passwd", "passphrase", "secret", "token", "credential", "authorization", "apikey", "privatekey")

WORD_ENDS = re.compile(r"[^a-zA-Z]+|(?<=[a-z])(?=[A-Z])")


def is_secret(name: Any) -> bool:
    """Whether a value of that name must not be shown."""
    text = name.decode("latin-1") if isinstance(name, bytes) else name
    if not isinstance(text, str):
        return False
    joined = re.sub("[^a-z]", "", text.lower())
    return any(part in joined for part in PARTS) or not WORDS.isdisjoint(map(str.lower, WORD_ENDS.split(text)))


def value_text(value: Any, name: Any = None) -> str:
    """A value, which may have a name, as text; secrets in it by their names are hidden."""
    if is_secret(name):
        return HIDDEN
    return shortened(_shown(value, DEEPEST), LONGEST, MORE)


def _shown(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is ContentReference:
        return "/".join(value.path) or "/"
    if isinstance(value, dict):
        return _bracketed("{", _pairs(dict.items(value), len(value), ": ", depth), "}")
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        pairs = zip(kind._fields, value, strict=False)
        return _bracketed(f"{kind.__name__}(", _pairs(pairs, len(value), "=", depth), ")")
    if kind in BRACKETS:
        opening, closing = BRACKETS[kind]
        return _bracketed(opening, _limited((_deeper(item, depth) for item in value), len(value)), closing)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [(field.name, getattr(value, field.name, None)) for field in dataclasses.fields(value) if field.repr]
        return _bracketed(f"{kind.__name__}(", _pairs(fields, len(fields), "=", depth), ")")
    return plain_text(custom_repr(value, LONGEST, MORE))


BRACKETS = {list: "[]", tuple: "()", set: "{}", frozenset: ("frozenset(", ")")}


def _bracketed(opening: str, parts: Iterable[str], closing: str) -> str:
    return f"{opening}{', '.join(parts)}{closing}"


def _pairs(items: Iterable[tuple[Any, Any]], size: int, sign: str, depth: int) -> Iterable[str]:
    texts = (
        f"{name if sign == '=' else _deeper(name, 1)}{sign}{HIDDEN if is_secret(name) else _deeper(item, depth)}"
        for name, item in items
    )
    return _limited(texts, size)


def _limited(texts: Iterable[str], size: int) -> Iterable[str]:
    return itertools.chain(itertools.islice(texts, MOST_ITEMS), [MORE] if size > MOST_ITEMS else [])


def _deeper(value: Any, depth: int) -> str:
    return _shown(value, depth - 1) if depth > 0 else MORE
