"""What running programs print: service logs, test runs, builds, tracebacks."""

from __future__ import annotations

import random

from headroom.testing.outputs.words import CITIES, MODULES, NOUNS, VERBS, code, dice, stamp

_QUERY = "SELECT * FROM {}s WHERE {}_id = {}"


def service_log(seed: str = "service", lines: int = 420) -> str:
    """A service log with one real failure in it, and the noise around it."""
    roll = dice(seed)
    now = 7_212.0
    out: list[str] = []
    for number in range(lines):
        now += roll.random() * 1.9
        if number == int(lines * 0.62):
            out += _failure(roll, now)
            continue
        out.append(f"{stamp(now)} {_line(roll)}")
    return "\n".join(out) + "\n"


def _line(roll: random.Random) -> str:
    worker = f"[worker-{roll.randint(1, 8)}]"
    kind = roll.random()
    if kind < 0.44:
        verb, noun = roll.choice(("GET", "GET", "POST", "PUT")), roll.choice(NOUNS)
        return (
            f"INFO  harbor.http {worker} {verb} /api/v3/{noun}s/{roll.randint(1000, 99999)} "
            f"{roll.choice((200, 200, 200, 201, 204, 304))} {roll.randint(3, 240)}ms"
        )
    if kind < 0.66:
        hit = roll.choice(("hit", "hit", "miss"))
        return f"DEBUG harbor.cache {worker} {hit} key={roll.choice(NOUNS)}:{roll.randint(1, 900)} ttl={roll.choice((30, 60, 300))}s"
    if kind < 0.84:
        return f"INFO  harbor.queue [scheduler] heartbeat ok lag={roll.randint(1, 60)}ms depth={roll.randint(0, 7)}"
    if kind < 0.95:
        table, column = roll.choice(NOUNS), roll.choice(NOUNS)
        took, number = roll.randint(210, 940), roll.randint(10, 9999)
        return f"WARN  harbor.db {worker} slow query {took}ms: " + _QUERY.format(table, column, number)
    return f"INFO  harbor.{roll.choice(MODULES)} {worker} {roll.choice(VERBS)}d {roll.randint(2, 80)} {roll.choice(NOUNS)}s for {roll.choice(CITIES)}"


def _failure(roll: random.Random, now: float) -> list[str]:
    return [
        f"{stamp(now)} ERROR harbor.pricing [worker-3] quote q_7f31c2 failed: surcharge table 'FUEL-2026W41' has no band for 1850 kg",
        "Traceback (most recent call last):",
        '  File "/srv/harbor/pricing.py", line 212, in quote_total',
        "    band = table.band_for(weight_kg)",
        '  File "/srv/harbor/surcharge.py", line 88, in band_for',
        "    return self.bands[bisect_right(self.limits, weight_kg)]",
        "IndexError: list index out of range",
        f"{stamp(now + 0.004)} WARN  harbor.queue [worker-3] job {code(roll)} put back, attempt 5 of 5; dead-lettered as dlq_41877",
    ]


def suite_run(seed: str = "tests", tests: int = 260) -> str:
    """A verbose test run with two failures and their reports."""
    roll = dice(seed)
    out = [
        "============================= test session starts ==============================",
        "platform linux -- Python 3.13.0, pytest-9.2.0, pluggy-1.6.0 -- /srv/harbor/.venv/bin/python",
        "rootdir: /srv/harbor",
        "configfile: pyproject.toml",
        "plugins: asyncio-1.5.0, timeout-2.4.0, xdist-3.8.0",
        f"collecting ... collected {tests} items",
        "",
    ]
    failed = {int(tests * 0.41): "test_heaviest_band_is_open_ended", int(tests * 0.73): "test_quote_survives_new_week"}
    for number in range(tests):
        module = MODULES[number * len(MODULES) // tests]
        name = failed.get(number) or f"test_{roll.choice(VERBS)}_{roll.choice(NOUNS)}_{roll.choice(NOUNS)}_{number}"
        state = "FAILED" if number in failed else "SKIPPED (needs redis)" if roll.random() < 0.02 else "PASSED"
        out.append(f"tests/{module}/test_{module}.py::{name} {state} [{(number + 1) * 100 // tests:3d}%]")
    out += ["", "=================================== FAILURES ==================================="]
    out += _report("test_heaviest_band_is_open_ended", "tests/pricing/test_pricing.py", 141)
    out += _report("test_quote_survives_new_week", "tests/reports/test_reports.py", 77)
    out += [
        "=========================== short test summary info ============================",
        "FAILED tests/pricing/test_pricing.py::test_heaviest_band_is_open_ended - IndexError: list index out of range",
        "FAILED tests/reports/test_reports.py::test_quote_survives_new_week - IndexError: list index out of range",
        f"================== 2 failed, {tests - 7} passed, 5 skipped in 18.42s ===================",
        "",
    ]
    return "\n".join(out)


def _report(name: str, path: str, line: int) -> list[str]:
    return [
        f"{'_' * ((78 - len(name)) // 2)} {name} {'_' * ((78 - len(name)) // 2)}",
        "",
        "    @pytest.mark.parametrize('weight', [1800, 1850, 24000])",
        f"    def {name}(table, weight):",
        ">       assert table.band_for(weight).rate == Decimal('0.31')",
        "",
        f"{path}:{line}: ",
        "_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _",
        "",
        "self = SurchargeTable(name='FUEL-2026W41', limits=[50, 250, 1000, 1800]), weight_kg = 1850",
        "",
        "    def band_for(self, weight_kg: int) -> Band:",
        ">       return self.bands[bisect_right(self.limits, weight_kg)]",
        "E       IndexError: list index out of range",
        "",
        "harbor/surcharge.py:88: IndexError",
        "",
    ]


def build_log(seed: str = "build", steps: int = 240) -> str:
    """A package build with two warnings that matter among the progress lines."""
    roll = dice(seed)
    out = [
        f"#1 [internal] load build definition from Dockerfile\n#1 transferring dockerfile: {roll.randint(900, 2400)}B done"
    ]
    for number in range(steps):
        step = 2 + number // 18
        if number % 18 == 0:
            out.append(f"#{step} [{step}/16] RUN make {roll.choice(VERBS)}-{roll.choice(MODULES)}")
        elif number == int(steps * 0.55):
            out.append(
                f"#{step} 14.20 warning: harbor/_native/bands.c:118:21: comparison of integers of different signs: 'int' and 'size_t'"
            )
        elif number == int(steps * 0.8):
            out.append(
                f"#{step} 31.07 WARNING: lock file is older than pyproject.toml: 'decimal-bands' 0.4.1 is pinned, 0.5.0 is required"
            )
        else:
            size = roll.randint(3, 900)
            out.append(
                f"#{step} {number * 0.19:.2f} {roll.choice(('Compiling', 'Downloading', 'Unpacking', 'Linking', 'Checking'))} "
                f"{roll.choice(NOUNS)}-{roll.choice(MODULES)} v{roll.randint(0, 9)}.{roll.randint(0, 30)}.{roll.randint(0, 9)} ({size} kB)"
            )
    out.append("#18 exporting layers done\n#18 writing image sha256:5b1c77e0a9 done\nBuild finished with 2 warnings.")
    return "\n".join(out) + "\n"


def traceback() -> str:
    """A chained traceback from a job runner."""
    frames = [
        ("/srv/harbor/jobs.py", 61, "run", "result = await self.handler(job)"),
        ("/srv/harbor/reports.py", 142, "weekly", "rows = [line async for line in self.lines(week)]"),
        ("/srv/harbor/reports.py", 118, "lines", "total = await quote_total(shipment, table)"),
        ("/srv/harbor/pricing.py", 212, "quote_total", "band = table.band_for(weight_kg)"),
        ("/srv/harbor/surcharge.py", 88, "band_for", "return self.bands[bisect_right(self.limits, weight_kg)]"),
    ]
    first = [f'  File "{path}", line {line}, in {name}\n    {text}' for path, line, name, text in frames]
    again = [f'  File "{path}", line {line + 9}, in {name}\n    {text}' for path, line, name, text in frames[:2]]
    return "\n".join(
        [
            "Traceback (most recent call last):",
            *first,
            "IndexError: list index out of range",
            "",
            "During handling of the above exception, another exception occurred:",
            "",
            "Traceback (most recent call last):",
            *again,
            "harbor.errors.ReportFailed: week 2026-W41: 1 of 412 shipments could not be priced (shp_9k2m41)",
            "",
        ]
    )
