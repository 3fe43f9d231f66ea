"""Rows: JSON from an API, CSV, a SQL client's table, YAML."""

from __future__ import annotations

import json

from headroom.testing.outputs.words import CITIES, NAMES, NOUNS, code, dice


def api_rows(seed: str = "rows", count: int = 110) -> str:
    """One page of shipments from a JSON API, one of them the one that matters."""
    roll = dice(seed)
    rows = []
    for number in range(count):
        odd = number == 67
        rows.append(
            {
                "id": "shp_9k2m41" if odd else f"shp_{code(roll, 6)}",
                "status": "pricing_failed" if odd else roll.choice(["delivered", "delivered", "in_transit", "booked"]),
                "origin": {"city": roll.choice(CITIES), "depot": f"D{roll.randint(10, 99)}"},
                "destination": {"city": roll.choice(CITIES), "depot": f"D{roll.randint(10, 99)}"},
                "weight_kg": 1850 if odd else roll.randint(2, 1700),
                "pieces": roll.randint(1, 24),
                "carrier": roll.choice(["nordline", "atlas", "portway", "kite"]),
                "quoted_eur": None if odd else round(roll.uniform(12, 900), 2),
                "created_at": f"2026-10-{roll.randint(5, 11):02d}T{roll.randint(0, 23):02d}:{roll.randint(0, 59):02d}:00Z",
                "tags": roll.sample(NOUNS, 2),
                "contact": {"name": roll.choice(NAMES), "phone": None},
            }
        )
    return json.dumps({"page": 1, "per_page": count, "total": 412, "shipments": rows}, indent=2) + "\n"


def csv_export(seed: str = "csv", count: int = 260) -> str:
    """A tariff export."""
    roll = dice(seed)
    lines = ["lane,carrier,from_city,to_city,min_kg,max_kg,rate_eur_kg,fuel_pct,valid_from,note"]
    for number in range(count):
        note = "OPEN BAND MISSING" if number == 171 else ""
        lines.append(
            f"L{number:04d},{roll.choice(('nordline', 'atlas', 'portway', 'kite'))},{roll.choice(CITIES)},{roll.choice(CITIES)},"
            f"{roll.choice((0, 50, 250, 1000))},{roll.choice((50, 250, 1000, 1800))},{roll.uniform(0.1, 0.9):.3f},"
            f"{roll.uniform(4, 19):.1f},2026-10-05,{note}"
        )
    return "\n".join(lines) + "\n"


def sql_table(seed: str = "sql", count: int = 150) -> str:
    """What a SQL client prints: a ruled table and a row count."""
    roll = dice(seed)
    head = ("id", "table_name", "band", "limit_kg", "rate", "updated_by", "updated_at")
    rows = [
        (
            str(4000 + number),
            f"FUEL-2026W{30 + number // 14:02d}",
            str(number % 14),
            str((50, 250, 1000, 1800, 24000)[number % 5]),
            f"{roll.uniform(0.1, 0.6):.4f}",
            roll.choice(NAMES).lower(),
            f"2026-10-{roll.randint(1, 12):02d} {roll.randint(0, 23):02d}:{roll.randint(0, 59):02d}:{roll.randint(0, 59):02d}",
        )
        for number in range(count)
    ]
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]

    def ruled(row: tuple[str, ...]) -> str:
        return " " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))

    rule = "-" + "-+-".join("-" * width for width in widths) + "-"
    return "\n".join([ruled(head), rule, *map(ruled, rows), f"({count} rows)", ""])


def yaml_config(seed: str = "yaml", services: int = 22) -> str:
    """A compose-like file."""
    roll = dice(seed)
    out = [
        "version: '3.9'",
        "x-defaults: &defaults",
        "  restart: unless-stopped",
        "  logging: {driver: json-file}",
        "services:",
    ]
    for number in range(services):
        name = f"{NOUNS[number % len(NOUNS)]}-{roll.choice(('api', 'worker', 'sync'))}"
        out += [
            f"  {name}:",
            "    <<: *defaults",
            f"    image: registry.harbor.example/{name}:{roll.randint(1, 9)}.{roll.randint(0, 40)}",
            "    environment:",
            f"      DATABASE_URL: postgres://harbor@db-{roll.randint(1, 3)}/harbor",
            f"      WORKERS: '{roll.randint(2, 16)}'",
            f"      SURCHARGE_TABLE: FUEL-2026W{40 + (number == 13):02d}",
            "    ports:",
            f"      - '{8000 + number}:8000'",
            "    healthcheck:",
            "      test: [CMD, curl, -fsS, http://localhost:8000/healthz]",
            f"      interval: {roll.choice((10, 15, 30))}s",
        ]
    return "\n".join(out) + "\n"
