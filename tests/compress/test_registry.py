import pytest

from headroom.compress.kind_judges import JUDGES
from headroom.compress.registry import compressors
from headroom.compress.voi import PRIORS

KINDS = tuple(kind for kind, _, _ in JUDGES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_detected_kind_has_a_compressor_and_a_risk(kind):
    assert compressors(kind)
    assert kind in PRIORS


def test_an_unknown_kind_has_none():
    assert compressors("nonsense") == ()
