"""Values as people write them."""

import pytest

from headroom.spellings import normalise_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://x.example", "https://x.example"),
        ("https://x.example/", "https://x.example"),
        ("https://x.example/v1", "https://x.example"),
        ("https://x.example/v1/", "https://x.example"),
        ("https://x.example/anthropic", "https://x.example/anthropic"),
        ("https://x.example/anthropic/v1", "https://x.example/anthropic"),
        (" http://127.0.0.1:9000 ", "http://127.0.0.1:9000"),
    ],
)
def test_upstreams_are_normalised(text, url):
    assert normalise_url(text) == url
    assert normalise_url(url) == url
