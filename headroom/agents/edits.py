"""Edits of configuration files for the length of a session, and the way back: byte for byte, also after a crash.

For each edited file a record lies in ``<workspace>/wrap/``, written before the file is touched: the original bytes, the
hash of what we wrote, and which sessions rely on it. The last session that leaves restores the file; so does ``headroom
unwrap``, and the next ``wrap`` after a crash.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headroom.agents import documents, files, process
from headroom.agents.plan import FileEdit, WrapError


@dataclass(slots=True)
class Record:
    """What is kept of one edited file."""

    tool: str
    edit: FileEdit
    original: bytes | None
    """None: there was no file."""
    written: str
    """SHA-256 of what we wrote."""
    holders: list[tuple[int, str | None]]
    made: tuple[str, ...] = ()
    """Folders that we made for the file, innermost first."""

    def to_json(self) -> bytes:
        """As it lies on disk."""
        value = {
            "tool": self.tool,
            "path": str(self.edit.path),
            "format": self.edit.format,
            "values": [[list(key), new] for key, new in self.edit.values],
            "original": None if self.original is None else base64.b64encode(self.original).decode(),
            "written": self.written,
            "holders": self.holders,
            "made": self.made,
        }
        return json.dumps(value, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Record:
        """Read one. Raises ``ValueError``, ``KeyError`` or ``TypeError`` when it is damaged."""
        value: dict[str, Any] = json.loads(data)
        values = tuple((tuple(key), new) for key, new in value["values"])
        original = value["original"]
        return cls(
            value["tool"],
            FileEdit(Path(value["path"]), value["format"], values),
            None if original is None else base64.b64decode(original),
            value["written"],
            [(int(pid), since) for pid, since in value["holders"]],
            tuple(value.get("made", ())),
        )


class Edits:
    """The edits of one workspace."""

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace / "wrap"

    def apply(self, tool: str, edit: FileEdit, holder: tuple[int, str | None]) -> None:
        """Edit a file, or join a session that has edited it the same way. Raises ``WrapError``; then nothing is changed."""
        edit = FileEdit(edit.path.absolute().resolve(), edit.format, edit.values)
        with self._locked():
            record = self._read(edit.path)
            if record is not None:
                self._forget_dead(record)
                if record.holders and record.edit.values == edit.values:
                    record.holders.append(holder)
                    self._write(record)
                    return
                if record.holders:
                    raise WrapError(
                        f"another session has {edit.path} set up for a different proxy; end it or use its --port"
                    )
                self._undo(record)
            self._edit(tool, edit, holder)

    def _edit(self, tool: str, edit: FileEdit, holder: tuple[int, str | None]) -> None:
        path = edit.path
        original = _bytes(path)
        new = documents.set_keys(_text(original or b"", path), edit).encode()
        made = tuple(str(folder) for folder in (path.parent, *path.parent.parents) if not folder.exists())
        self._write(Record(tool, edit, original, _sha(new), [holder], made))
        try:
            files.make_private(path.parent)
            files.write(path, new)
        except OSError as error:
            self._place(path).unlink(missing_ok=True)
            raise WrapError(f"{path}: {error.strerror or error}; nothing was changed") from None

    def release(self, edit: FileEdit, holder: tuple[int, str | None]) -> bool:
        """End one session's use; whether the file is restored by it."""
        with self._locked():
            record = self._read(edit.path.absolute().resolve())
            if record is None:
                return False
            with contextlib.suppress(ValueError):
                record.holders.remove(holder)
            self._forget_dead(record)
            if record.holders:
                self._write(record)
                return False
            self._undo(record)
            return True

    def undo(self, tool: str | None = None, *, only_dead: bool = False) -> list[Path]:
        """Restore all edited files (of a tool); with ``only_dead`` those that no living session relies on."""
        restored = []
        with self._locked():
            for place in sorted(self._folder.glob("*.json")):
                record = self._load(place)
                if record is None or (tool is not None and record.tool != tool):
                    continue
                self._forget_dead(record)
                if not (only_dead and record.holders):
                    self._undo(record)
                    restored.append(record.edit.path)
        return restored

    def left(self) -> list[Record]:
        """Edits whose sessions are all dead."""
        if not self._folder.exists():
            return []
        found = [record for place in sorted(self._folder.glob("*.json")) if (record := self._load(place)) is not None]
        for record in found:
            self._forget_dead(record)
        return [record for record in found if not record.holders]

    def _undo(self, record: Record) -> None:
        path = record.edit.path
        now = _bytes(path)
        if now is not None and _sha(now) == record.written:
            if record.original is None:
                path.unlink()
                _remove_empty(record.made)
            else:
                files.write(path, record.original)
        elif now is not None and now != record.original:
            # Somebody wrote to the file meanwhile: only our keys are taken back.
            before = documents.earlier(_text(record.original or b"", path), record.edit)
            files.write(path, documents.without_keys(_text(now, path), record.edit, before).encode())
        self._place(path).unlink(missing_ok=True)

    @staticmethod
    def _forget_dead(record: Record) -> None:
        record.holders = [holder for holder in record.holders if process.lives(*holder)]

    # -- records -------------------------------------------------------------------------------------------------------
    def _place(self, path: Path) -> Path:
        return self._folder / f"{hashlib.sha256(str(path).encode()).hexdigest()[:24]}.json"

    def _read(self, path: Path) -> Record | None:
        place = self._place(path)
        return self._load(place) if place.exists() else None

    @staticmethod
    def _load(place: Path) -> Record | None:
        try:
            return Record.from_json(place.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise WrapError(f"{place} is damaged ({error}); it holds a file's original bytes: look at it") from None

    def _write(self, record: Record) -> None:
        try:
            files.write(self._place(record.edit.path), record.to_json())
        except OSError as error:
            raise WrapError(f"{self._folder}: {error.strerror or error}; without a backup nothing is edited") from None

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            files.make_private(self._folder)
            lock = (self._folder / "lock").open("wb")
        except OSError as error:
            raise WrapError(f"{self._folder}: {error.strerror or error}; set HEADROOM_WORKSPACE_DIR") from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WrapError(f"{path}: {error.strerror or error}; nothing was changed") from None


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise WrapError(f"{path} is not UTF-8 (byte {error.start}); nothing was changed") from None


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _remove_empty(folders: tuple[str, ...]) -> None:
    for folder in folders:
        try:
            Path(folder).rmdir()
        except OSError:
            return
