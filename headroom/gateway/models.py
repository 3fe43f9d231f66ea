"""Prices and context windows as an operator's settings have them."""

from __future__ import annotations

from headroom.accounts.models import Models
from headroom.accounts.pricing import Prices
from headroom.errors import SettingsError
from headroom.pipeline.window import Windows
from headroom.settings import Settings


def models_of(settings: Settings) -> tuple[Prices, Windows]:
    """What the settings' files say, before the built-in tables. Raises ``SettingsError`` naming the variable and the fault."""
    try:
        models = Models.load(settings.model_limits, settings.config)
    except ValueError as error:
        raise SettingsError(f"HEADROOM_MODEL_LIMITS: {error}") from None
    try:
        return Prices.load(settings.prices_file, models.prices), Windows(models.windows)
    except ValueError as error:
        raise SettingsError(f"HEADROOM_PRICES: {error}") from None
