from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.images import ImageSize
from headroom.exchange import Wire
from headroom.pipeline.vision import HIGH_RESOLUTION, STANDARD, UNKNOWN, Gemini, Patches, Tiles, vision_for

CHAT = Wire.OPENAI_CHAT
OLD_TILES = Tiles(85, 170)
SMALL_PATCHES = Patches(1536, 1.62, 2048)


def size(width, height):
    return ImageSize("png", width, height)


@pytest.mark.parametrize(
    ("vision", "detail", "given_", "free"),
    [
        # The examples of the providers' own guides, where there are any.
        pytest.param(STANDARD, "", (1920, 1080), (1456, 819), id="Claude: wide"),
        pytest.param(STANDARD, "", (1075, 1520), (924, 1307), id="Claude: a page"),
        pytest.param(STANDARD, "", (3136, 1568), (1568, 784), id="Claude: both bounds at once"),
        pytest.param(STANDARD, "", (1092, 1092), None, id="Claude: the largest square"),
        pytest.param(STANDARD, "", (5000, 20), (1568, 6), id="Claude: a strip"),
        pytest.param(HIGH_RESOLUTION, "", (3840, 2160), (2576, 1449), id="newer Claude"),
        pytest.param(HIGH_RESOLUTION, "", (1920, 1080), None, id="newer Claude: as it is"),
        pytest.param(OLD_TILES, "", (4096, 4096), (768, 768), id="tiles: short edge"),
        pytest.param(OLD_TILES, "high", (4096, 1024), (2048, 512), id="tiles: long edge"),
        pytest.param(OLD_TILES, "auto", (800, 600), None, id="tiles: small"),
        pytest.param(OLD_TILES, "low", (4096, 4096), None, id="tiles: low detail is left alone"),
        pytest.param(SMALL_PATCHES, "", (1800, 2400), (1056, 1408), id="patches: the guide's example"),
        pytest.param(SMALL_PATCHES, "high", (1024, 1024), None, id="patches: within the budget"),
        pytest.param(SMALL_PATCHES, "", (4096, 64), (2048, 32), id="patches: long edge"),
        pytest.param(Patches(2500, 1.2, explicit=True), "high", (2048, 2048), (1600, 1600), id="newest, high"),
        pytest.param(Patches(2500, 1.2, explicit=True), "", (2048, 2048), None, id="newest: may see the original"),
        pytest.param(Patches(2500, 1.2, explicit=True), "original", (9000, 9000), None, id="newest, original"),
        pytest.param(Gemini(None), "", (9000, 9000), None, id="Gemini: nothing is free"),
        pytest.param(UNKNOWN, "", (9000, 9000), None, id="a model nothing is known of"),
    ],
)
def test_the_size_that_the_provider_scales_to(vision, detail, given_, free):
    assert vision.free_size(size(*given_), detail) == free


@pytest.mark.parametrize(
    ("vision", "detail", "given_", "tokens"),
    [
        pytest.param(STANDARD, "", (1000, 1000), 36 * 36, id="Claude: patches of 28"),
        pytest.param(STANDARD, "", (4000, 3000), STANDARD.tokens(size(*STANDARD.free_size(size(4000, 3000), "")), ""),
                     id="Claude: scaled first"),
        pytest.param(OLD_TILES, "", (1024, 1024), 765, id="tiles: a square"),
        pytest.param(OLD_TILES, "", (2048, 4096), 1105, id="tiles: a tall one"),
        pytest.param(OLD_TILES, "low", (4096, 8192), 85, id="tiles: low detail"),
        pytest.param(Patches(1536, 1.0, 2048), "", (1800, 2400), 1452, id="patches: the guide's example"),
        pytest.param(Patches(2500, 1.2, explicit=True), "low", (640, 480), 231, id="patches: low detail"),
        pytest.param(Patches(2500, 1.2, explicit=True), "high", (1280, 720), 1104, id="patches: high detail"),
        pytest.param(Gemini(None), "", (300, 300), 258, id="Gemini: small"),
        pytest.param(Gemini(None), "", (1536, 800), 4 * 258, id="Gemini: tiles"),
        pytest.param(Gemini(1120), "", (300, 300), 1120, id="Gemini 3: one number"),
    ],
)  # fmt: skip
def test_what_an_image_costs(vision, detail, given_, tokens):
    assert vision.tokens(size(*given_), detail) == tokens


@pytest.mark.parametrize(
    ("model", "wire", "vision"),
    [
        *((model, Wire.ANTHROPIC, STANDARD) for model in (
            "claude-3-opus-20240229", "claude-3-5-sonnet-20241022", "claude-opus-4-20250514", "claude-opus-4-6",
            "claude-sonnet-4-5-20250929", "claude-haiku-4-5", "anthropic.claude-sonnet-4-5-20250929-v1:0",
        )),
        *((model, Wire.ANTHROPIC, HIGH_RESOLUTION) for model in ("claude-opus-4-7", "claude-sonnet-5", "claude-opus-4-10")),
        ("anthropic/claude-opus-4.7", CHAT, HIGH_RESOLUTION),
        ("gpt-4o-2024-08-06", CHAT, OLD_TILES),
        ("openai/gpt-4.1", CHAT, OLD_TILES),
        ("gpt-4.1-mini", CHAT, SMALL_PATCHES),
        ("gpt-5", CHAT, Tiles(70, 140)),
        ("gpt-5-2025-08-07", CHAT, Tiles(70, 140)),
        ("gpt-5.2", Wire.OPENAI_RESPONSES, Patches(1536, 1.0, 2048)),
        ("gpt-6-astra", Wire.OPENAI_RESPONSES, Patches(2500, 1.2, explicit=True)),
        ("o3", CHAT, Tiles(75, 150)),
        ("gemini-2.5-pro", Wire.GEMINI, Gemini(None)),
        ("gemini-3-flash-preview", Wire.GEMINI, Gemini(1120)),
        (None, Wire.GEMINI, Gemini(None)),
        *((model, CHAT, UNKNOWN) for model in ("llava", "foo-o3", "o3-mini", "gpt-5.1-codex", "", None, "opus")),
    ],
    ids=str,
)  # fmt: skip
def test_the_rule_goes_by_the_model_s_name(model, wire, vision):
    assert vision_for(model, wire) == vision


EDGES = st.integers(1, 20_000)
RULES = st.sampled_from([STANDARD, HIGH_RESOLUTION, OLD_TILES, SMALL_PATCHES, Patches(2500, 1.2, explicit=True)])


@settings(max_examples=300)
@given(RULES, EDGES, EDGES)
def test_what_was_scaled_is_not_scaled_again_and_costs_the_same(vision, width, height):
    before = size(width, height)
    free = vision.free_size(before, "high")
    if free is None:
        return
    after = size(*free)
    assert free != (width, height)
    assert 1 <= free[0] <= width
    assert 1 <= free[1] <= height
    assert vision.free_size(after, "high") is None
    assert vision.tokens(after, "high") == vision.tokens(before, "high") > 0


@settings(max_examples=200)
@given(EDGES, EDGES)
def test_claude_s_size_is_the_largest_that_fits(width, height):
    free = STANDARD.free_size(size(width, height), "")
    if free is None:
        return
    long, short = max(width, height), min(width, height)
    larger = max(free) + 1
    other = max(1, round(larger * short / long))
    assert larger > long or ceil(larger / 28) * 28 > 1568 or ceil(larger / 28) * ceil(other / 28) > 1568
