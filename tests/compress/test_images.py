import struct
from importlib.util import find_spec

import pytest

from headroom.compress.images import ImageSize, downscale, free_size, image_tokens, read_size


def png(width, height):
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0"


def jpeg(width, height):
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    return b"\xff\xd8" + app + b"\xff\xc0" + struct.pack(">HBHH", 17, 8, height, width) + bytes(20)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        pytest.param(png(640, 480), ImageSize("png", 640, 480), id="PNG"),
        pytest.param(jpeg(640, 480), ImageSize("jpeg", 640, 480), id="JPEG behind an APP0 segment"),
        pytest.param(b"GIF89a" + struct.pack("<HH", 10, 20), ImageSize("gif", 10, 20), id="GIF"),
        pytest.param(b"BM" + bytes(16) + struct.pack("<ii", 30, -40), ImageSize("bmp", 30, 40), id="BMP, top down"),
        pytest.param(
            b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (99).to_bytes(3, "little") + (49).to_bytes(3, "little"),
            ImageSize("webp", 100, 50),
            id="extended WebP",
        ),
        pytest.param(
            b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + ((99) | (49 << 14)).to_bytes(4, "little"),
            ImageSize("webp", 100, 50),
            id="lossless WebP",
        ),
        pytest.param(b"\x89PNG\r\n\x1a\n", None, id="cut off"),
        pytest.param(b"\xff\xd8\xff\xd9", None, id="JPEG without a frame"),
        pytest.param(b"hello", None, id="no image"),
        pytest.param(b"", None, id="empty"),
    ],
)
def test_header(data, size):
    assert read_size(data) == size


@pytest.mark.parametrize(
    ("width", "height", "provider", "free"),
    [
        pytest.param(3136, 1568, "anthropic", (1549, 774), id="Anthropic: edge and area"),
        pytest.param(800, 600, "anthropic", None, id="Anthropic: small"),
        pytest.param(4096, 4096, "openai", (768, 768), id="OpenAI: short edge"),
        pytest.param(800, 600, "openai", None, id="OpenAI: small"),
        pytest.param(9000, 9000, "gemini", None, id="Gemini tiles: nothing is free"),
        pytest.param(0, 10, "anthropic", None, id="no area"),
    ],
)
def test_the_size_that_costs_nothing(width, height, provider, free):
    assert free_size(ImageSize("png", width, height), provider) == free


@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini"])
def test_a_bigger_image_never_costs_less(provider):
    costs = [image_tokens(ImageSize("png", edge, edge), provider) for edge in (200, 600, 1200, 2400)]
    assert costs == sorted(costs)
    assert costs[0] > 0


def test_scaling_down_to_the_free_size_does_not_raise_the_price():
    size = ImageSize("png", 4000, 3000)
    width, height = free_size(size, "anthropic") or (0, 0)
    assert image_tokens(ImageSize("png", width, height), "anthropic") <= image_tokens(size, "anthropic")


@pytest.mark.parametrize(
    ("data", "why"), [(b"hello", "unknown_format"), (png(100, 100), "small_enough")], ids=["no image", "small"]
)
def test_when_the_original_is_sent(data, why):
    assert downscale(data, "anthropic").why == why


@pytest.mark.skipif(find_spec("PIL") is not None, reason="Pillow is installed")
def test_without_a_decoder_the_original_is_sent():
    result = downscale(png(4000, 4000), "anthropic")
    assert (result.data, result.why) == (None, "no_decoder")
