"""`python -m gossamer.apps stand-in`: the process, kept small, since a lab has one a container."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, cast


def main(name: str, args: Sequence[str]) -> int:
    """`stand-in [--listen PORT]... [--call URL WHY]...`; 0 when it is asked to end."""
    # asyncio imports ssl where there is one: 4 MB in every process, and a stand-in has no use for
    # it. None in sys.modules is Python's own way to say that a module is not there.
    cast(dict[str, Any], sys.modules).setdefault("ssl", None)
    from gossamer.apps.standin.spec import read_spec

    spec = read_spec(args)
    if spec.end:
        print(f"stand-in for {spec.identity.image or 'an image'}: nothing to do, ends at once")
        return 0
    import asyncio

    from gossamer.apps.standin.run import stand_in

    return asyncio.run(stand_in(spec))
