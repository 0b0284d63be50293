"""What we tell an author about a document: who, what, effect, remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gossamer.model.origin import Origin


class Severity(StrEnum):
    """How bad it is: an error rejects the object (or the stanza), a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on one place in one object.

    `message` says what is wrong and quotes it, `effect` what happens because of it, `remedy`
    what to do. `code` is a stable kebab-case word with a page in docs/findings/.
    """

    origin: Origin
    message: str
    effect: str
    remedy: str
    code: str = "invalid-field"
    severity: Severity = Severity.ERROR
