import struct
import sys
from io import BytesIO
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.images import MAX_BYTES, Downscaled, ImageSize, downscale, has_decoder, read_size

if has_decoder():
    from PIL import Image, ImageCms, ImageDraw
    from PIL.PngImagePlugin import PngInfo

needs_pillow = pytest.mark.skipif(not has_decoder(), reason="Pillow (the images extra) is not installed")


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


def drawn(mode="RGB", size=(600, 400), *, words=200):
    """A picture with text on it, as screenshots have."""
    random = Random(7)
    image = Image.new(mode, size, 255 if mode in {"L", "P"} else "white" if mode != "CMYK" else (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    for number in range(words):
        colour = random.randrange(200) if mode in {"L", "P"} else tuple(random.randrange(200) for _ in image.getbands())
        pen.text((random.randrange(size[0]), random.randrange(size[1])), f"word {number}", fill=colour)
    return image


def written(image, kind, **options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def read(data):
    image = Image.open(BytesIO(data))
    image.load()
    return image


@needs_pillow
@pytest.mark.parametrize(
    ("data", "mode"),
    [
        pytest.param(lambda: written(drawn(), "PNG"), "RGB", id="PNG"),
        pytest.param(lambda: written(drawn("RGBA"), "PNG"), "RGBA", id="PNG with transparency"),
        pytest.param(lambda: written(drawn("L"), "PNG"), "L", id="grey PNG"),
        pytest.param(lambda: written(drawn(), "JPEG", quality=95), "RGB", id="JPEG"),
        pytest.param(lambda: written(drawn("L"), "JPEG", quality=95), "L", id="grey JPEG"),
        pytest.param(lambda: written(drawn(), "JPEG", quality=95, progressive=True), "RGB", id="progressive JPEG"),
    ],
)
def test_a_smaller_image_of_the_same_kind(data, mode):
    data = data()
    done = downscale(data, (150, 100))
    assert done.data is not None, done.why
    small, large = read(done.data), read(data)
    assert (small.format, small.size, small.mode) == (large.format, (150, 100), mode)
    assert len(done.data) < len(data)
    assert downscale(data, (150, 100)) == done


@needs_pillow
def test_it_is_the_same_picture():
    image = Image.new("RGB", (400, 400), (200, 30, 30))
    image.paste((30, 30, 200), (0, 200, 400, 400))
    noise = Random(1)
    for _ in range(3000):  # so that the file is not tiny from the start
        image.putpixel((noise.randrange(400), noise.randrange(150, 250)), (0, noise.randrange(256), 0))
    done = downscale(written(image, "PNG"), (100, 100))
    assert done.data is not None
    small = read(done.data)
    assert small.getpixel((50, 10)) == (200, 30, 30)
    assert small.getpixel((50, 90)) == (30, 30, 200)


@needs_pillow
def test_a_palette_with_transparency_stays_transparent():
    image = drawn(size=(900, 900), words=900).quantize(32)
    through = image.getpixel((0, 0))
    image.paste(through, (0, 0, 450, 900))
    image.paste((through + 1) % 32, (450, 0, 900, 900))
    data = written(image, "PNG", transparency=through, compress_level=0)
    done = downscale(data, (100, 100))
    assert done.data is not None, done.why
    small = read(done.data)
    assert small.mode == "RGBA"
    assert small.getpixel((10, 50))[3] == 0
    assert small.getpixel((90, 50))[3] > 0


@needs_pillow
@pytest.mark.parametrize("turn", [3, 6, 8])
def test_a_turned_photograph_stays_turned_as_it_was(turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010E] = "where I live"
    done = downscale(written(drawn(), "JPEG", quality=95, exif=exif), (300, 200))
    assert done.data is not None, done.why
    kept = read(done.data).getexif()
    assert dict(kept) == {0x0112: turn}
    assert b"where I live" not in done.data


@needs_pillow
def test_what_a_file_says_beside_the_picture_is_left_out_but_for_its_colours():
    notes = PngInfo()
    notes.add_text("Author", "somebody")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    done = downscale(written(drawn(), "PNG", pnginfo=notes, icc_profile=profile), (300, 200))
    assert done.data is not None
    assert b"somebody" not in done.data
    assert read(done.data).info["icc_profile"] == profile


def animated():
    frames = [drawn(words=50), drawn(words=90)]
    return written(frames[0], "PNG", save_all=True, append_images=frames[1:])


@needs_pillow
@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(lambda: b"hello", "unknown_format", id="no image"),
        pytest.param(lambda: written(drawn(), "GIF"), "unknown_format", id="GIF"),
        pytest.param(lambda: written(drawn(), "WEBP"), "unknown_format", id="WebP"),
        pytest.param(animated, "animated", id="animated PNG"),
        pytest.param(lambda: written(drawn("CMYK"), "JPEG", quality=95), "colours", id="CMYK JPEG"),
        pytest.param(lambda: written(Image.new("I;16", (600, 400), 9), "PNG"), "colours", id="16-bit PNG"),
        pytest.param(lambda: written(drawn(), "PNG")[:-3000], "unreadable", id="cut short PNG"),
        pytest.param(lambda: written(drawn(), "JPEG", quality=95)[:4000], "unreadable", id="cut short JPEG"),
        pytest.param(lambda: png(600, 400), "unreadable", id="a header and nothing else"),
        pytest.param(lambda: png(20_000, 20_000), "too_large", id="a bomb by its header"),
        pytest.param(lambda: jpeg(65_000, 65_000), "too_large", id="a JPEG bomb by its header"),
        pytest.param(lambda: png(600, 400) + bytes(MAX_BYTES), "too_large", id="a huge file"),
        pytest.param(lambda: written(drawn(), "JPEG", quality=5), "no_gain", id="poor JPEG"),
    ],
)
def test_when_the_original_is_sent(data, why):
    assert downscale(data(), (250, 166)) == Downscaled(None, why)


@needs_pillow
def test_a_drawn_image_that_stays_nearly_as_large_is_not_decoded_in_vain(monkeypatch):
    data = written(drawn(), "PNG")
    monkeypatch.setattr(Image, "open", lambda *_args, **_options: pytest.fail("the file was opened"))
    assert downscale(data, (500, 333)) == Downscaled(None, "no_gain")


@needs_pillow
def test_a_bomb_is_not_decoded(monkeypatch):
    def opened(*_args, **_options):
        pytest.fail("the file was opened")

    monkeypatch.setattr(Image, "open", opened)
    assert downscale(png(20_000, 20_000), (500, 500)).why == "too_large"


@needs_pillow
@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400), st.sampled_from(["PNG", "JPEG"]))
def test_damaged_files_never_raise(junk, at, kind):
    data = written(drawn(size=(64, 48), words=9), kind)
    done = downscale(data[:at] + junk + data[at + len(junk) :], (32, 24))
    assert done.data is None or len(done.data) < len(data)


def test_without_a_decoder_the_original_is_sent(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    assert downscale(png(4000, 4000), (500, 500)).why == "no_decoder"
