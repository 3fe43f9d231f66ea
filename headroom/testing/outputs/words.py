"""The vocabulary of an invented freight service, and seeded choices from it."""

from __future__ import annotations

import random

MODULES = (
    "quotes", "carriers", "ledger", "routing", "customs", "webhooks", "pricing", "manifests", "tracking", "auth",
    "billing", "storage", "notify", "reports", "search", "settings",
)  # fmt: skip
NOUNS = (
    "quote", "carrier", "parcel", "route", "manifest", "tariff", "invoice", "pallet", "depot", "lane", "surcharge",
    "consignee", "shipment", "label", "pickup", "credit", "window", "booking", "container", "permit",
)  # fmt: skip
VERBS = (
    "load", "merge", "price", "split", "assign", "refresh", "validate", "archive", "resolve", "publish", "collect",
    "settle", "reserve", "expand", "compare", "retry",
)  # fmt: skip
CITIES = (
    "Bergen", "Porto", "Gdansk", "Antwerp", "Trieste", "Malmo", "Cork", "Bilbao", "Split", "Turku", "Bremen", "Nantes",
    "Piraeus", "Aarhus", "Genoa", "Riga",
)  # fmt: skip
NAMES = (
    "Ada", "Bram", "Chiara", "Dario", "Elin", "Farid", "Greta", "Hana", "Ivo", "Jonna", "Karel", "Lena", "Mika",
    "Nuria", "Otto", "Petra",
)  # fmt: skip


def dice(seed: str) -> random.Random:
    """A generator that rolls the same for the same seed, on every machine."""
    return random.Random(f"headroom:{seed}")


def code(roll: random.Random, length: int = 10) -> str:
    """An opaque identifier."""
    return "".join(roll.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(length))


def stamp(seconds: float, day: str = "2026-10-14") -> str:
    """A log's time of day with milliseconds."""
    whole = int(seconds)
    return f"{day} {whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{int(seconds % 1 * 1000):03d}"
