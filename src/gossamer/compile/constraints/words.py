"""What Envoy refuses, in our words: the field and the demand, or what is readable of Envoy's own.

Envoy's message ends in a dump of the whole resource, which says nothing to its author.
"""

from __future__ import annotations

import re
from itertools import islice

from gossamer.compile.constraints.walk import faults
from gossamer.compile.engine.message import MESSAGES, message_of
from gossamer.compile.engine.resource_type import ResourceType

_DUMP = re.compile(r"[\s:]*goo\.gle/debug\w*.*", re.DOTALL)
_CHAIN = re.compile(r"\s*\|\s*caused by\s*(field: \"?\w+\"?,\s*)?(reason:\s*)?")
_SHOWN = 3
_LONGEST = 400


def in_words(kind: ResourceType, body: bytes | None, reason: str) -> str:
    """Why a compiled body is refused: the first places that break a rule, else Envoy's reason."""
    if body is not None and kind in MESSAGES:
        reasons = [str(fault) for fault in islice(faults(message_of(kind, body)), _SHOWN)]
        if reasons:
            return "; ".join(reasons)
    return readable(reason)


def readable(text: str) -> str:
    """Envoy's reason on one line, without the resource that it prints behind it."""
    reason = _CHAIN.sub(", for ", _DUMP.sub("", text))
    line = " ".join(reason.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
