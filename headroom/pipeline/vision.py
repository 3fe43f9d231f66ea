"""What providers do with images before a model sees them: the size they scale to, and the tokens they charge.

Sources, as published in 2026: Claude's guides "Vision" and "Coordinates and bounding boxes"; OpenAI's guide "Images and
vision" (model sizing behaviour, calculating costs); Gemini's guides "Image understanding" and "Media resolution".
A model that is not named there is never scaled for. Where models of a family differ, the larger bound is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Final, Protocol

from headroom.compress.images import ImageSize
from headroom.exchange import Wire

Size = tuple[int, int]

NO_RULE: Final = "none"
"""Stands for the empty rule where images came: those who scale must not go on from there."""


class Vision(Protocol):
    """How one family of models takes images. Pure."""

    @property
    def rule(self) -> str:
        """Names the rule of ``free_size``: equal names, equal sizes. Empty when nothing is ever scaled."""

    def free_size(self, size: ImageSize, detail: str) -> Size | None:
        """The size that the provider scales an image down to by itself, or None where it takes it as it is."""

    def tokens(self, size: ImageSize, detail: str) -> int:
        """About what the provider charges, whatever size the image is sent in."""


@dataclass(frozen=True, slots=True)
class Claude:
    """Patches of 28 pixels, one token each; both edges and the number of patches are bounded."""

    edge: int
    patches: int

    @property
    def rule(self) -> str:
        """The bounds."""
        return f"claude:{self.edge}:{self.patches}"

    def free_size(self, size: ImageSize, detail: str) -> Size | None:
        """The largest size of the same shape within both bounds."""
        del detail
        if self._fits(size.width, size.height):
            return None
        long, short = max(size.width, size.height), min(size.width, size.height)
        low, high = 1, min(self.edge, long)
        while low < high:  # the largest long edge that fits
            middle = (low + high + 1) // 2
            if self._fits(middle, max(1, round(middle * short / long))):
                low = middle
            else:
                high = middle - 1
        scaled = max(1, round(low * short / long))
        return (low, scaled) if size.width >= size.height else (scaled, low)

    def tokens(self, size: ImageSize, detail: str) -> int:
        """One a patch, after scaling."""
        width, height = self.free_size(size, detail) or (size.width, size.height)
        return ceil(width / 28) * ceil(height / 28)

    def _fits(self, width: int, height: int) -> bool:
        across, down = ceil(width / 28), ceil(height / 28)
        return 28 * max(across, down) <= self.edge and across * down <= self.patches


@dataclass(frozen=True, slots=True)
class Tiles:
    """OpenAI's older models: into 2,048 pixels square, the short edge to 768, then tiles of 512."""

    base: int
    tile: int
    known: bool = True
    """False: a guess at what a compatible server may charge; nothing is scaled on it."""

    @property
    def rule(self) -> str:
        """One for all."""
        return "tiles" if self.known else ""

    def free_size(self, size: ImageSize, detail: str) -> Size | None:
        """Into the square, then by the short edge."""
        if not self.known or detail == "low":
            return None
        return self._scaled(size)

    def tokens(self, size: ImageSize, detail: str) -> int:
        """The tiles after scaling; a fixed number for low detail."""
        if detail == "low":
            return self.base
        width, height = self._scaled(size) or (size.width, size.height)
        return self.base + self.tile * ceil(width / 512) * ceil(height / 512)

    @staticmethod
    def _scaled(size: ImageSize) -> Size | None:
        width, height = size.width, size.height
        scale = min(1.0, 2048 / max(width, height))
        scale = min(scale, 768 / min(width, height))
        return (max(1, round(width * scale)), max(1, round(height * scale))) if scale < 1.0 else None


@dataclass(frozen=True, slots=True)
class Patches:
    """OpenAI's newer models: patches of 32 pixels up to a budget, each times a factor."""

    budget: int
    factor: float
    edge: int | None = None
    explicit: bool = False
    """Without ``detail: high`` these models may see the original, so nothing is scaled."""

    @property
    def rule(self) -> str:
        """The bounds."""
        return f"patches:{self.budget}:{self.edge or 0}:{int(self.explicit)}"

    def free_size(self, size: ImageSize, detail: str) -> Size | None:
        """Within the edge, then within the budget, by the formula of the guide."""
        if detail not in {"", "auto", "high"} or (self.explicit and detail != "high"):
            return None
        return self._scaled(size, self.budget, self.edge)

    def tokens(self, size: ImageSize, detail: str) -> int:
        """The patches after scaling, times the factor."""
        budget, edge = self.budget, self.edge
        if detail == "low":
            edge = 512
        elif self.explicit and detail != "high":
            budget, edge = 10_000, 6000
        width, height = self._scaled(size, budget, edge) or (size.width, size.height)
        return ceil(self.factor * min(budget, ceil(width / 32) * ceil(height / 32)))

    @staticmethod
    def _scaled(size: ImageSize, budget: int, edge: int | None) -> Size | None:
        width, height = float(size.width), float(size.height)
        if edge is not None and max(width, height) > edge:
            scale = edge / max(width, height)
            width, height = width * scale, height * scale
        if ceil(width / 32) * ceil(height / 32) > budget:
            shrink = sqrt(1024 * budget / (width * height))
            across, down = width * shrink / 32, height * shrink / 32
            shrink *= min(floor(across) / across, floor(down) / down)
            width, height = width * shrink, height * shrink
        scaled = round(width), round(height)
        return scaled if min(scaled) > 0 and scaled != (size.width, size.height) else None


@dataclass(frozen=True, slots=True)
class Gemini:
    """Tiles, or from version 3 on a fixed number for each image. Which size is looked at isn't published: none is free."""

    fixed: int | None
    rule: str = ""

    def free_size(self, size: ImageSize, detail: str) -> Size | None:
        """None."""
        del size, detail
        return None

    def tokens(self, size: ImageSize, detail: str) -> int:
        """The fixed number, or 258 a tile of 768 pixels."""
        del detail
        if self.fixed is not None:
            return self.fixed
        if max(size.width, size.height) <= 384:
            return 258
        return 258 * ceil(size.width / 768) * ceil(size.height / 768)


STANDARD: Final = Claude(1568, 1568)
HIGH_RESOLUTION: Final = Claude(2576, 4784)
"""Claude 4.7 and later."""
UNKNOWN: Final = Tiles(85, 170, known=False)
"""For models that nothing is known of: a count in the order of magnitude, and no scaling."""
_NEWEST: Final = Patches(2500, 1.2, explicit=True)
_OPENAI: Final[tuple[tuple[str, Vision], ...]] = (
    (r"gpt-4\.1-nano|gpt-5-nano", Patches(1536, 2.46, 2048)),
    (r"gpt-4\.1-mini|gpt-5-mini", Patches(1536, 1.62, 2048)),
    (r"o4-mini", Patches(1536, 1.72, 2048)),
    (r"gpt-5\.2|gpt-5\.3-codex|gpt-5(?:\.1)?-codex-mini", Patches(1536, 1.0, 2048)),
    (r"gpt-5\.[4-9]|gpt-[6-9]", _NEWEST),
    (r"gpt-4o-mini", Tiles(2833, 5667)),
    (r"gpt-4o|gpt-4\.1|gpt-4\.5|chatgpt-4o", Tiles(85, 170)),
    (r"gpt-5(?:-chat-latest|-20\d\d-\d\d-\d\d)?(?![\w.-])", Tiles(70, 140)),
    (r"o1(?!-mini|-preview)|o3(?!-mini)", Tiles(75, 150)),
    (r"computer-use-preview", Tiles(65, 129)),
)
_OPENAI_MODELS: Final = tuple((re.compile(rf"(?:^|[/:.])(?:{pattern})"), vision) for pattern, vision in _OPENAI)
_CLAUDE: Final = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
_GEMINI: Final = re.compile(r"gemini-(\d+)")
_NEW_CLAUDE: Final = (4, 7)


def vision_for(model: str | None, wire: Wire) -> Vision:
    """How the model takes images, by its name; ``UNKNOWN`` for a name that says nothing."""
    name = (model or "").lower()
    if (found := _CLAUDE.search(name)) is not None:
        return HIGH_RESOLUTION if (int(found[1]), int(found[2] or 0)) >= _NEW_CLAUDE else STANDARD
    if wire is Wire.GEMINI or "gemini" in name:
        version = _GEMINI.search(name)
        return Gemini(1120 if version is not None and int(version[1]) >= 3 else None)
    for pattern, vision in _OPENAI_MODELS:
        if pattern.search(name):
            return vision
    return UNKNOWN
