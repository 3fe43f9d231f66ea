"""Pure text in, shorter text out: one file a content kind, a router over them, and the law that all of them keep."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from headroom.compress.rendition import Compressor, CountTokens, Gap, Hints, Rendition
from headroom.compress.router import POLICY_ID, Outcome, Policy, compress

__all__ = ["POLICY_ID", "Compressor", "CountTokens", "Gap", "Hints", "Outcome", "Policy", "Rendition", "compress"]


class _Callable(ModuleType):
    """Lets ``headroom.compress(messages)`` be called although this package has the same name."""

    def __call__(self, *args: Any, **kind: Any) -> Any:
        return import_module("headroom.gateway.library").compress(*args, **kind)


sys.modules[__name__].__class__ = _Callable
