"""How a rule of authorization is named where proxies say which one decided.

`AuthorizationPolicy shop/only-web rule 0` is `spec.rules[0]` of that object: Envoy has it as the
name of a policy, and says it in the details of a refused call, with `_` in place of spaces. Where
calls are refused because no rule lets them in, it is
`no rule of AuthorizationPolicy shop/only-web`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LISTED = 3
"""How many objects are named where none of them let a call in; counters bear that name."""

_NOBODY = "no rule of "
"""Behind every other name in the order of bytes: Envoy looks at rules in that order."""

_DETAILS = re.compile(r"rbac_access_denied_matched_policy\[(?P<rule>.*)\]")
_RULE = re.compile(
    r"(?P<kind>[A-Z][A-Za-z]*)[ _](?P<namespace>[^ /]+)/(?P<name>[^ /]+)[ _]rule[ _](?P<index>\d+)"
)
_OBJECT = re.compile(
    r"(?P<kind>[A-Z][A-Za-z]*)[ _](?P<namespace>[^ ,/]+)/(?P<name>[^ ,/]+?)(?=,|_and_| and |$)"
)


@dataclass(frozen=True, slots=True)
class RuleName:
    """One rule of an object, counted from 0 as it is written there."""

    kind: str
    namespace: str
    name: str
    index: int

    def __str__(self) -> str:
        return f"{self.object} rule {self.index}"

    @property
    def object(self) -> str:
        """The object as people name it, `Kind ns/name`."""
        return f"{self.kind} {self.namespace}/{self.name}"


def parse_rule(text: str) -> RuleName | None:
    """The rule of that name, with spaces or with `_`; None for any other text."""
    parts = _RULE.fullmatch(text)
    if parts is None:
        return None
    return RuleName(parts["kind"], parts["namespace"], parts["name"], int(parts["index"]))


def nobody_name(objects: Sequence[str]) -> str:
    """The name of what refuses a call that none of these objects (`Kind ns/name`) lets in."""
    listed = ", ".join(objects[:_LISTED])
    more = len(objects) - _LISTED
    return f"{_NOBODY}{listed}" + (f" and {more} more" if more > 0 else "")


def parse_nobody(text: str) -> tuple[str, ...]:
    """The objects (`Kind ns/name`) of which none let a call in; none for any other text."""
    start = len(_NOBODY)
    if text[:start].replace("_", " ") != _NOBODY:
        return ()
    return tuple(
        f"{each['kind']} {each['namespace']}/{each['name']}"
        for each in _OBJECT.finditer(text[start:])
    )


def refused_by(details: str) -> str:
    """What refused a call, by Envoy's details of its response or connection; "" if no rule did."""
    refused = _DETAILS.search(details)
    return refused["rule"] if refused else ""
