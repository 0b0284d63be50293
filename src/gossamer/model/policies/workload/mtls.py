"""What a receiving workload accepts: mutual TLS, plaintext, or both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class MtlsMode(StrEnum):
    """PERMISSIVE takes both and is the default; STRICT refuses plaintext.

    UNSET leaves it to the next level: port, workload, namespace, mesh.
    """

    UNSET = "UNSET"
    DISABLE = "DISABLE"
    PERMISSIVE = "PERMISSIVE"
    STRICT = "STRICT"


@dataclass(frozen=True, slots=True)
class Mtls:
    """The mode of a workload, or of one of its ports."""

    WORD: ClassVar[str] = "mtls"

    mode: MtlsMode
