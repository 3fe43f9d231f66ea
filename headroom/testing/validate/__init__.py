"""Request validation as strict as the providers': one file a wire format, each violation in the provider's own words."""

from headroom.testing.validate.refused import Refused

__all__ = ["Refused"]
