"""Files of a diff that a program writes, lock files and the like, and those that say what it shall write there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.diff_parse import File

_BULK = re.compile(
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|Cargo\.lock|poetry\.lock|uv\.lock|composer\.lock|Gemfile\.lock"
    r"|go\.sum|Pipfile\.lock)$|\.min\.(?:js|css)$|\.map$|\.snap$"
)
_LOCKED = re.compile(
    r'[ +-]\s*"(?:version|resolved|integrity|node_modules/[^"]+|peer|dev|license)":|[ +-](?:checksum|version|source) = "'
    r"|[ +-]\s+(?:resolved|integrity|version|resolution:) ?[\"{]|[ +-]\s+\{ (?:url|file) = |[ +-]\S+ v[\d.]+\S* h1:"
)
"""A line that hardly any file but those has."""
_LEAST_LOCKED = 6
_LOCKED_SHARE = 0.3
_MANIFEST = re.compile(
    r"(?:^|/)(?:package\.json|Cargo\.toml|pyproject\.toml|composer\.json|Gemfile|go\.mod|Pipfile|requirements[\w.-]*\.txt)$"
)


def is_bulk(lines: Sequence[str], file: File) -> bool:
    """Whether nobody reads a file's lines: a lock file, what a tool made smaller, a snapshot; one without a name by its lines."""
    return _BULK.search(file.path) is not None if file.path else _is_locked(lines[file.first : file.end])


def _is_locked(lines: Sequence[str]) -> bool:
    locked = sum([_LOCKED.match(line) is not None for line in lines])
    return locked >= _LEAST_LOCKED and locked >= _LOCKED_SHARE * len(lines)


def is_manifest(file: File) -> bool:
    """Whether a file names the packages that a project needs."""
    return _MANIFEST.search(file.path) is not None
