"""What can be wrong with a model, each in one sentence that says what to do."""

from __future__ import annotations

from headroom.errors import HeadroomError


class ModelError(HeadroomError):
    """A model that can't be used: files missing, damaged or of another shape, a library or a device that is not there."""


class BadScores(HeadroomError):
    """A backend answered with something that is no list of numbers from 0 to 1, one a token."""
