"""Pure text in, shorter text out: one file a content kind, a router over them, and the law that all of them keep."""

from headroom.compress.rendition import Compressor, CountTokens, Gap, Hints, Rendition
from headroom.compress.router import POLICY_ID, Outcome, Policy, compress

__all__ = ["POLICY_ID", "Compressor", "CountTokens", "Gap", "Hints", "Outcome", "Policy", "Rendition", "compress"]
