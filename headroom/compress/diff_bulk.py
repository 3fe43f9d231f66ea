"""Files of a diff that a program writes, lock files and the like, and those that say what it shall write there."""

from __future__ import annotations

import re

from headroom.compress.diff_parse import File

_BULK = re.compile(
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|Cargo\.lock|poetry\.lock|uv\.lock|composer\.lock|Gemfile\.lock"
    r"|go\.sum|Pipfile\.lock)$|\.min\.(?:js|css)$|\.map$|\.snap$"
)
_MANIFEST = re.compile(
    r"(?:^|/)(?:package\.json|Cargo\.toml|pyproject\.toml|composer\.json|Gemfile|go\.mod|Pipfile|requirements[\w.-]*\.txt)$"
)


def is_bulk(file: File) -> bool:
    """Whether nobody reads a file's lines: a lock file, what a tool made smaller, a snapshot."""
    return _BULK.search(file.path) is not None


def is_manifest(file: File) -> bool:
    """Whether a file names the packages that a project needs."""
    return _MANIFEST.search(file.path) is not None
