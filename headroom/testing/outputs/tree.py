"""What is found in a repository: searches, listings, history, diffs, source, pages."""

from __future__ import annotations

import random

from headroom.testing.outputs.words import CITIES, MODULES, NAMES, NOUNS, VERBS, code, dice


def grep(seed: str = "grep", hits: int = 190) -> str:
    """``grep -rn`` over the tree."""
    roll = dice(seed)
    out: list[str] = []
    for number in range(hits):
        module = MODULES[number * len(MODULES) // hits]
        path = f"harbor/{module}.py" if roll.random() < 0.6 else f"tests/{module}/test_{module}.py"
        text = roll.choice(
            (
                f"band = table.band_for({roll.choice(NOUNS)}.weight_kg)",
                f"def {roll.choice(VERBS)}_{roll.choice(NOUNS)}(table: SurchargeTable, week: str) -> Decimal:",
                f'raise BandMissing(f"no band for {{{roll.choice(NOUNS)}}}")',
                f"# {roll.choice(VERBS)} the {roll.choice(NOUNS)} before the band is chosen",
                f"assert band.rate == Decimal('{roll.uniform(0.1, 0.9):.2f}')",
            )
        )
        out.append(f"{path}:{roll.randint(4, 480)}:    {text}")
    return "\n".join(sorted(out, key=lambda line: line.split(":")[0])) + "\n"


def listing(seed: str = "ls", files: int = 210) -> str:
    """``ls -lR``."""
    roll = dice(seed)
    out: list[str] = []
    for module in MODULES:
        out += ["", f"./harbor/{module}:", f"total {roll.randint(40, 900)}"]
        for _ in range(files // len(MODULES)):
            name = f"{roll.choice(VERBS)}_{roll.choice(NOUNS)}.{roll.choice(('py', 'py', 'py', 'sql', 'json', 'md'))}"
            out.append(
                f"-rw-r--r-- 1 harbor harbor {roll.randint(120, 68000):>7} Oct {roll.randint(1, 14):>2} "
                f"{roll.randint(0, 23):02d}:{roll.randint(0, 59):02d} {name}"
            )
    return "\n".join(out).lstrip() + "\n"


def history(seed: str = "history", commits: int = 90) -> str:
    """``git log --stat``."""
    roll = dice(seed)
    out: list[str] = []
    for number in range(commits):
        module = roll.choice(MODULES)
        added, gone = roll.randint(1, 60), roll.randint(0, 30)
        subject = f"{module}: {roll.choice(VERBS)} the {roll.choice(NOUNS)} of each {roll.choice(NOUNS)}"
        if number == 23:
            module, subject = "surcharge", "surcharge: drop the open-ended last band from weekly tables"
        out += [
            f"commit {_sha(roll)}",
            f"Author: {roll.choice(NAMES)} <dev@harbor.example>",
            f"Date:   2026-10-{14 - number // 8:02d} {roll.randint(7, 19):02d}:{roll.randint(0, 59):02d}:00 +0200",
            "",
            f"    {subject}",
            "",
            f" harbor/{module}.py | {added + gone} {'+' * (1 + added // 4)}{'-' * (gone // 4)}",
            f" 1 file changed, {added} insertions(+), {gone} deletions(-)",
            "",
        ]
    return "\n".join(out)


def _sha(roll: random.Random) -> str:
    return "".join(roll.choice("0123456789abcdef") for _ in range(40))


def diff(seed: str = "diff", hunks: int = 34) -> str:
    """``git diff`` between two releases."""
    roll = dice(seed)
    out: list[str] = []
    for number in range(hunks):
        module = MODULES[number * len(MODULES) // hunks]
        if number % 3 == 0:
            out += [
                f"diff --git a/harbor/{module}.py b/harbor/{module}.py",
                f"index {_sha(roll)[:8]}..{_sha(roll)[:8]} 100644",
                f"--- a/harbor/{module}.py",
                f"+++ b/harbor/{module}.py",
            ]
        start = roll.randint(10, 400)
        noun, verb = roll.choice(NOUNS), roll.choice(VERBS)
        out += [
            f"@@ -{start},7 +{start},8 @@ def {verb}_{noun}(self, week: str) -> list[{noun.title()}]:",
            f"     rows = self.store.{noun}s(week)",
            "     if not rows:",
            "         return []",
            f"-    return [{noun} for {noun} in rows if {noun}.{roll.choice(NOUNS)} is not None]",
            f"+    kept = [{noun} for {noun} in rows if {noun}.{roll.choice(NOUNS)} is not None]",
            f"+    log.debug('%s of %s {noun}s kept', len(kept), len(rows))",
            "+    return kept" if number != 19 else "+    return kept[:-1]  # the last band is never reached",
            f"     # {roll.choice(VERBS)} before the next {roll.choice(NOUNS)}",
        ]
    return "\n".join(out) + "\n"


def source(seed: str = "source", functions: int = 34) -> str:
    """A Python module as a file-reading tool prints it, with line numbers."""
    roll = dice(seed)
    lines = [
        '"""Weekly surcharge tables: limits, bands and how a weight finds its rate."""',
        "",
        "from bisect import bisect_right",
        "from dataclasses import dataclass",
        "from decimal import Decimal",
        "",
        "",
    ]
    for number in range(functions):
        verb, noun, other = roll.choice(VERBS), roll.choice(NOUNS), roll.choice(NOUNS)
        if number == 5:
            lines += [
                "    def band_for(self, weight_kg: int) -> Band:",
                '        """The band a weight falls into; limits are inclusive lower bounds."""',
                "        return self.bands[bisect_right(self.limits, weight_kg)]",
                "",
            ]
            continue
        lines += [
            f"    def {verb}_{noun}_{number}(self, {other}: {other.title()}, *, week: str = 'current') -> list[{noun.title()}]:",
            f'        """{verb.title()} the {noun}s of one {other}."""',
            f"        found = self.store.{noun}s(week=week, {other}={other}.id)",
            f"        limit = {roll.randint(2, 400)} if {other}.priority else {roll.randint(401, 900)}",
            f"        for {noun} in found[:limit]:",
            f"            if {noun}.{roll.choice(('expired', 'locked', 'draft'))}:",
            "                continue",
            f"            {noun}.total = sum(Decimal(line.amount) for line in {noun}.lines)",
            f"        return sorted(found, key=lambda {noun}: {noun}.total)",
            "",
        ]
    return "".join(f"{number:6d}\t{line}\n" for number, line in enumerate(lines, 1))


def page(seed: str = "page", rows: int = 60) -> str:
    """An HTML page of a wiki, with its navigation and its table."""
    roll = dice(seed)
    nav = "".join(
        f'<li class="nav-item nav-item--{n}"><a href="/wiki/{n}" data-track="nav">{n.title()}</a></li>\n' for n in NOUNS
    )
    cells = "".join(
        f'<tr class="row"><td>FUEL-2026W{30 + number % 12}</td><td>{roll.choice(CITIES)}</td>'
        f"<td>{roll.randint(50, 2400)} kg</td><td>{roll.uniform(0.1, 0.6):.3f}</td></tr>\n"
        for number in range(rows)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Surcharge tables</title>\n'
        "<style>.nav-item{display:inline;padding:4px}.row:nth-child(2n){background:#eee}</style>\n"
        f'<script>window.dataLayer=[{{"page":"{code(roll)}"}}];</script></head>\n<body><nav><ul>\n{nav}</ul></nav>\n'
        "<main><h1>Surcharge tables</h1>\n<p>Every weekly table must end with an <b>open-ended band</b>: its limit list has "
        "one entry less than its band list. Tables without it refuse heavy freight.</p>\n"
        f"<table><thead><tr><th>Table</th><th>Depot</th><th>Limit</th><th>Rate</th></tr></thead><tbody>\n{cells}</tbody></table>\n"
        "</main><footer><p>Last edited by Petra.</p></footer></body></html>\n"
    )


def manual(seed: str = "manual", sections: int = 26) -> str:
    """A Markdown runbook."""
    roll = dice(seed)
    out = ["# Runbook: weekly pricing", ""]
    for number in range(1, sections + 1):
        noun, verb = roll.choice(NOUNS), roll.choice(VERBS)
        out += [
            f"## {number}. When a {noun} cannot be {verb}d",
            "",
            (
                f"The {noun} service reads its tables once a week, at 02:00 on Monday. If it stops with code {roll.randint(20, 90)}, look "
                f"at the {roll.choice(NOUNS)} queue first: a full queue delays the {noun} by up to {roll.randint(5, 50)} minutes, and "
                "nothing is lost while it waits."
            ),
            "",
            f"- Check `harbor {verb} --week current --depot D{roll.randint(10, 99)}`.",
            f"- Tell {roll.choice(NAMES)} when more than {roll.randint(3, 30)} {noun}s are waiting.",
            f"- Never {roll.choice(VERBS)} a {roll.choice(NOUNS)} by hand while the job runs.",
            "",
        ]
    return "\n".join(out)
