"""Text on this machine whose licence is known and free: docstrings, package descriptions, READMEs, manuals.

Nothing is fetched. A source counts only when its licence is stated in a form that can be read by a machine and is on the
list below; everything else is passed over and counted.
"""

from __future__ import annotations

import ast
import gzip
import inspect
import json
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

FREE = {
    "mit": "MIT",
    "expat": "MIT",
    "mit license": "MIT",
    "bsd": "BSD",
    "bsd license": "BSD",
    "new bsd license": "BSD-3-Clause",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsl-1.0": "BSL-1.0",
    "isc": "ISC",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "psf": "PSF-2.0",
    "psf-2.0": "PSF-2.0",
    "python-2.0": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "cc0-1.0": "CC0-1.0",
    "0bsd": "0BSD",
    "zlib": "Zlib",
    "unlicense": "Unlicense",
    "the unlicense (unlicense)": "Unlicense",
    "public-domain": "public domain",
    "blueoak-1.0.0": "BlueOak-1.0.0",
}
"""Licences that ask at most for a notice, by the spellings that packages use."""
_MOST_FILE = 4 << 20
_DEP5 = re.compile(r"^License:[ \t]*(\S.*)$", re.MULTILINE)
_ROFF_FONT = re.compile(r"\\f(?:\[\w*\]|\(..|.)|\\s[+-]?\d|\\[&|^/,%)]|\\\*\(..")
_DOC_NAME = re.compile(
    r"(?:readme|news|faq|manual|guide|howto|overview|intro|design|protocol)[\w.-]*|.*\.(?:txt|md|rst)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Document:
    """One text."""

    source: str
    """The package it comes with: texts are split into training and held-out by it."""
    licence: str
    name: str
    text: str


def free(stated: str) -> str | None:
    """The short name of a free licence, or None; of a compound one every part must be free. Exceptions only add rights."""
    whole = FREE.get(stated.strip().lower())
    if whole is not None:
        return whole
    bare = re.sub(r"\s+with\s+[\w.-]+", "", stated, flags=re.IGNORECASE)
    parts = [part.strip("() ").lower() for part in re.split(r"\s+(?:and|or)\s+|/", bare, flags=re.IGNORECASE)]
    names = {FREE.get(part) for part in parts}
    known = sorted(name for name in names if name is not None)
    return " and ".join(known) if known and None not in names else None


def of_distribution(expression: str, licence: str, classifiers: list[str]) -> str | None:
    """The free licence that a Python package states: its expression decides, else its classifiers, all of them, else its field."""
    if expression:
        return free(expression)
    rows = [row.rsplit(" :: ", 1)[-1] for row in classifiers if row.startswith("License ::")]
    rows = [row for row in rows if row not in {"OSI Approved", "DFSG approved"}]
    if rows:
        names = {free(row) for row in rows}
        return None if None in names else " and ".join(sorted(name for name in names if name))
    return free(licence.split("\n", maxsplit=1)[0])


def collect(passed: Counter[str]) -> Iterator[Document]:
    """Every usable text; ``passed`` counts what was left out, by reason."""
    yield from _docstrings("python", "PSF-2.0", Path(sysconfig.get_path("stdlib")), passed)
    yield from _distributions(Path(sysconfig.get_path("purelib")), passed)
    yield from _npm([Path("/usr/lib/node_modules"), Path("/usr/share/nodejs"), Path("/opt")], passed)
    yield from _debian(Path("/usr/share/doc"), Path("/var/lib/dpkg/info"), passed)


def _docstrings(source: str, licence: str, root: Path, passed: Counter[str]) -> Iterator[Document]:
    for path in sorted(root.rglob("*.py")):
        inner = path.relative_to(root).parts
        if {"site-packages", "test", "tests", "idlelib", "lib2to3", "_vendor", "third_party", "__pycache__"} & set(
            inner
        ):
            continue
        try:
            if path.stat().st_size > _MOST_FILE:
                continue
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            passed["unreadable Python file"] += 1
            continue
        pieces = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node, clean=False)
                if text and len(text) > 120:
                    pieces.append(inspect.cleandoc(text))
        if pieces:
            yield Document(source, licence, "/".join(inner), "\n\n".join(pieces))


def _distributions(root: Path, passed: Counter[str]) -> Iterator[Document]:
    for folder in sorted(root.glob("*.dist-info")):
        meta = folder / "METADATA"
        if not meta.is_file():
            continue
        parsed = Parser().parsestr(meta.read_text("utf-8", "replace"))
        name = str(parsed["Name"])
        licence = of_distribution(
            str(parsed["License-Expression"] or ""), str(parsed["License"] or ""), parsed.get_all("Classifier", [])
        )
        if licence is None:
            passed["Python package without a stated free licence"] += 1
            continue
        body = parsed.get_payload()
        if isinstance(body, str) and len(body) > 400:
            yield Document(f"pypi:{name}", licence, "description", body)
        record = folder / "RECORD"
        tops = (
            {row.split("/", 1)[0] for row in record.read_text("utf-8", "replace").splitlines()}
            if record.is_file()
            else set()
        )
        for top in sorted(tops):
            package = root / top
            if package.is_dir() and not top.endswith((".dist-info", ".data")) and top != "..":
                yield from _docstrings(f"pypi:{name}", licence, package, passed)


def _npm(roots: list[Path], passed: Counter[str]) -> Iterator[Document]:
    seen: set[str] = set()
    for root in roots:
        for path in sorted(root.rglob("package.json")) if root.is_dir() else ():
            readme = next((file for file in path.parent.glob("[Rr][Ee][Aa][Dd][Mm][Ee]*") if file.is_file()), None)
            if readme is None:
                continue
            try:
                values = json.loads(path.read_bytes())
                name, stated = str(values["name"]), values.get("license")
                text = readme.read_text("utf-8", "replace")
            except (OSError, ValueError, KeyError, TypeError):
                continue
            if name in seen:
                continue
            seen.add(name)
            licence = free(stated) if isinstance(stated, str) else None
            if licence is None:
                passed["npm package without a stated free licence"] += 1
            elif len(text) > 400:
                yield Document(f"npm:{name}", licence, readme.name, text)


def _debian(docs: Path, info: Path, passed: Counter[str]) -> Iterator[Document]:
    for folder in sorted(docs.iterdir()) if docs.is_dir() else ():
        copyright_file = folder / "copyright"
        if folder.is_symlink() or not copyright_file.is_file():
            continue
        stated = {row.split()[0].rstrip(",") for row in _DEP5.findall(copyright_file.read_text("utf-8", "replace"))}
        licences = {free(name) for name in stated}
        if not licences or None in licences:
            passed["Debian package not wholly under free, short licences"] += 1
            continue
        licence = " and ".join(sorted(name for name in licences if name))
        texts = [path for path in sorted(folder.rglob("*")) if _DOC_NAME.fullmatch(path.name.removesuffix(".gz"))]
        for listing in (info / f"{folder.name}.list", *info.glob(f"{folder.name}:*.list")):
            if listing.is_file():
                rows = listing.read_text("utf-8", "replace").splitlines()
                texts += [Path(row) for row in rows if re.search(r"/man/man\d/[^/]+\.\d\w*\.gz$", row)]
        for path in texts:
            text = _read(path)
            if text is None:
                continue
            if "/man/man" in str(path):
                text = _roff(text)
            yield Document(f"debian:{folder.name}", licence, path.name, text)


def _read(path: Path) -> str | None:
    try:
        if not path.is_file() or path.is_symlink() or path.stat().st_size > _MOST_FILE:
            return None
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError):
        return None
    return raw[: 2 * _MOST_FILE].decode("utf-8", "replace")


def _roff(text: str) -> str:
    """The running text of a manual page: requests end a paragraph, fonts go, font lines stay in the run."""
    out: list[str] = []
    for line in text.split("\n"):
        if line.startswith((".B ", ".I ", ".BR ", ".IR ", ".RB ", ".RI ")):
            spaced = line[1:3].strip() in {"B", "I"}
            words = line.split(" ", 1)[1]
            out.append(words if spaced else words.replace(" ", ""))
        elif line.startswith((".", "'")):
            out.append("")
        else:
            out.append(line)
    return _ROFF_FONT.sub("", "\n".join(out)).replace("\\-", "-").replace("\\e", "\\").replace("\\(co", "©")


if __name__ == "__main__":
    counted: Counter[str] = Counter()
    by: Counter[str] = Counter()
    for document in collect(counted):
        by[document.source] += len(document.text)
    print(by.most_common(40), sum(by.values()), counted, file=sys.stderr)
