"""Nothing that the golden inputs compile to breaks a rule of Envoy's descriptors."""

from __future__ import annotations

import pytest

from gossamer.compile.constraints.walk import faults
from gossamer.compile.engine.message import MESSAGES, message_of
from gossamer.compile.engine.resource_type import ResourceType
from tests.features.golden import bodies_of, cases, read_case


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_every_resource_keeps_envoys_constraints(case: object) -> None:
    """Each body that some proxy could hold, and all that is packed in it."""
    broken = {
        f"{kind.name} {name}: {fault}"
        for held in bodies_of(case, read_case(case)).values()  # type: ignore[arg-type]
        for (kind, name), body in held.items()
        if kind in MESSAGES and kind is not ResourceType.SECRET
        for fault in faults(message_of(kind, body))
    }
    assert broken == set()
