import pytest

from headroom.exchange import Exchange, Wire
from headroom.gateway import images
from headroom.settings import Settings
from headroom.upstream.fields import about


@pytest.mark.parametrize(
    ("options", "decoder", "state", "line"),
    [
        pytest.param({}, True, "on", "repeats are named, large ones scaled down", id="all there"),
        pytest.param({}, False, "repeats only", f"repeats are named; {images.MISSING}", id="without Pillow"),
        pytest.param({"image_optimize": False}, False, "off", "as they come", id="switched off"),
        pytest.param({"lossless": True}, True, "off", "as they come", id="lossless"),
        pytest.param({"optimize": False}, True, "off", "as they come", id="nothing is optimised"),
    ],
)
def test_what_is_said_of_images(monkeypatch, options, decoder, state, line):
    monkeypatch.setattr(images, "has_decoder", lambda: decoder)
    settings = Settings(**options)
    check = images.check(settings)
    assert check.facts["state"] == state
    assert check.ready  # an image can always go out as it came
    assert not check.required
    assert ("reason" in check.private) == (state == "repeats only") == images.missing(settings)
    assert images.banner(settings) == line


def test_a_header_says_that_images_went_out_whole():
    exchange = Exchange("hr_1", 0.0, 0.0, Wire.ANTHROPIC, "anthropic", "POST", "/v1/messages", "http://upstream")
    assert b"x-headroom-images" not in dict(about(exchange))
    exchange.notes["images"] = "whole; Pillow is not installed"
    assert dict(about(exchange))[b"x-headroom-images"] == b"whole; Pillow is not installed"
