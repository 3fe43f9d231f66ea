"""Setting keys of a JSON or TOML text, and taking them back; what can't be parsed is refused."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from headroom.agents.plan import FileEdit, WrapError

_BOM = "\ufeff"


def set_keys(text: str, edit: FileEdit) -> str:
    """The text with the edit's keys set. Raises ``WrapError`` when it is not a document we can edit safely."""
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    return mark + (_set_toml(body, edit) if edit.format == "toml" else _set_json(body, edit))


def parsed(text: str, edit: FileEdit) -> dict[str, Any]:
    """The document's content. Raises ``WrapError``."""
    body = text.removeprefix(_BOM)
    try:
        value = tomllib.loads(body) if edit.format == "toml" else json.loads(body or "{}", object_pairs_hook=_unique)
    except ValueError as error:
        raise WrapError(
            f"{edit.path} is not valid {edit.format.upper()} ({error}); repair it, nothing was changed"
        ) from None
    if not isinstance(value, dict):
        raise WrapError(f"{edit.path} holds no object at its top; nothing was changed")
    return value


def without_keys(text: str, edit: FileEdit, old: Mapping[str, Any]) -> str:
    """The text with our keys taken back, where they still hold what we set; ``old`` has earlier values by dotted key."""
    value = parsed(text, edit)
    restored = tuple((key, old[_dotted(key)]) for key, _ in edit.values if _dotted(key) in old and _at(value, key)[0])
    ours = tuple(key for key, new in edit.values if _at(value, key) == (True, new) and _dotted(key) not in old)
    text = set_keys(text, FileEdit(edit.path, edit.format, restored)) if restored else text
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    if not ours:
        return text
    if edit.format == "toml":
        document = tomlkit.parse(body)
        for key in ours:
            _drop(document, key)
        return mark + tomlkit.dumps(document)
    value = json.loads(body)
    for key in ours:
        _drop(value, key)
    return mark + _dump(value, body)


def earlier(text: str, edit: FileEdit) -> dict[str, Any]:
    """The values that the edit's keys have before it, by dotted key; those that are not there are left out."""
    value = parsed(text, edit)
    found = ((_dotted(key), _at(value, key)) for key, _ in edit.values)
    return {name: item for name, (there, item) in found if there}


def _set_json(body: str, edit: FileEdit) -> str:
    value = parsed(body, edit)
    for key, new in edit.values:
        _put(value, key, new, edit)
    return _dump(value, body)


def _dump(value: Any, like: str) -> str:
    """JSON laid out like the text it replaces: its indent, its line ends, its last newline."""
    second = like.partition("\n")[2]
    indent: int | str | None = second[: len(second) - len(second.lstrip(" \t"))] or 2
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if like.endswith("\n") or not like.strip():
        text += "\n"
    return text.replace("\n", "\r\n") if "\r\n" in like else text


def _set_toml(body: str, edit: FileEdit) -> str:
    expected = parsed(body, edit)
    try:
        document = tomlkit.parse(body)
        for key, new in edit.values:
            _put(expected, key, new, edit)
            _put(document, key, new, edit, lambda: tomlkit.table(is_super_table=True))
        text = tomlkit.dumps(document)
        same = tomllib.loads(text) == expected
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise WrapError(f"{edit.path} can't be edited safely ({error}); nothing was changed") from None
    if not same:
        raise WrapError(
            f"{edit.path} can't be edited safely: the result would mean something else; nothing was changed"
        )
    return text


def _put(value: Any, key: tuple[str, ...], new: Any, edit: FileEdit, table: Callable[[], Any] = dict) -> None:
    for name in key[:-1]:
        if name not in value:
            value[name] = table()
        value = value[name]
        if not isinstance(value, dict):
            raise WrapError(f"{edit.path}: {name} is no table; nothing was changed")
    value[key[-1]] = new


def _drop(value: Any, key: tuple[str, ...]) -> None:
    if len(key) == 1:
        del value[key[0]]
        return
    _drop(value[key[0]], key[1:])
    if not value[key[0]]:
        del value[key[0]]


def _at(value: Any, key: tuple[str, ...]) -> tuple[bool, Any]:
    for name in key:
        if not isinstance(value, dict) or name not in value:
            return False, None
        value = value[name]
    return True, value


def _dotted(key: tuple[str, ...]) -> str:
    return json.dumps(key)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice")
    return value
