"""Values of a rule of authorization: how each attribute's are written, and what is wrong with one.

`*` stands alone for any value, before a text for its end, behind one for its beginning.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity
from gossamer.model.policies.workload.authorization import Attribute, ValueCompare, ValueMatch

_STAR = "*"
_TEMPLATE = re.compile(r"(/([^/{}*]*|\{\*\}))*(/\{\*\*\}[^{}*]*)?")
_ACCOUNT = re.compile(r"([^/*]+/)?[^/*]+")
_AMBIGUOUS = "it is ambiguous which calls are meant"

Parse = Callable[[str, str], ValueMatch | str]
"""A text and the object's namespace to the comparison, or to what is wrong with it."""


def read_values(stanza: Fields, name: str, attribute: Attribute) -> tuple[ValueMatch, ...]:
    """The values of a list; those that cannot be read are reported."""
    if stanza.has(name) and stanza.is_empty(name):
        stanza.report(
            f"{dotted((*stanza.path, name))} is an empty list",
            _AMBIGUOUS,
            f"Write at least one value, or remove {name}",
            field=name,
        )
    return tuple(_each(stanza, name, attribute))


def _each(stanza: Fields, name: str, attribute: Attribute) -> Iterator[ValueMatch]:
    for at, text in enumerate(stanza.strings(name)):
        parsed = _PARSERS.get(attribute, _wildcard)(text, stanza.manifest.namespace)
        if isinstance(parsed, ValueMatch):
            _remark(stanza, name, at, parsed)
            yield parsed
        else:
            stanza.report(
                f"{dotted((*stanza.path, name, at))} is {quoted(text)}, which is not {parsed}",
                _AMBIGUOUS,
                "Write a value as described in docs/features/authorization.md",
                field=(name, at),
                code=_CODES.get(attribute, "invalid-field"),
            )


def _remark(stanza: Fields, name: str, at: int, value: ValueMatch) -> None:
    """A `*` that only stands for itself is rarely what was meant."""
    if _STAR in value.text and value.compare is not ValueCompare.TEMPLATE:
        stanza.report(
            f"{dotted((*stanza.path, name, at))} has * inside, where it stands for itself alone",
            "no call is likely to match it",
            "Use * at the beginning or the end, or in a path {*} for one segment",
            field=(name, at),
            severity=Severity.WARNING,
            code="no-effect",
        )


def _wildcard(text: str, namespace: str) -> ValueMatch | str:
    if not text:
        return "a value: it is empty"
    if text == _STAR:
        return ValueMatch(ValueCompare.PRESENT)
    if text.startswith(_STAR):
        return ValueMatch(ValueCompare.SUFFIX, text[1:])
    if text.endswith(_STAR):
        return ValueMatch(ValueCompare.PREFIX, text[:-1])
    return ValueMatch(ValueCompare.EXACT, text)


def _path(text: str, namespace: str) -> ValueMatch | str:
    if "{" not in text and "}" not in text:
        return _wildcard(text, namespace)
    if _TEMPLATE.fullmatch(text):
        return ValueMatch(ValueCompare.TEMPLATE, text)
    return "a path template: {*} is a whole segment, {**} comes last, and there is no * beside them"


def _range(text: str, namespace: str) -> ValueMatch | str:
    _, slash, length = text.partition("/")
    try:
        if "%" in text or (slash and not length.isdecimal()):
            raise ValueError(text)
        return ValueMatch(ValueCompare.RANGE, str(ipaddress.ip_network(text, strict=False)))
    except ValueError:
        return "an IP address or a range such as 10.0.0.0/8"


def _port(text: str, namespace: str) -> ValueMatch | str:
    if text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= 65535:
        return ValueMatch(ValueCompare.EXACT, str(int(text)))
    return "a port number from 1 to 65535"


def _account(text: str, namespace: str) -> ValueMatch | str:
    """`ACCOUNT` of the policy's own namespace, or `NAMESPACE/ACCOUNT`."""
    if not _ACCOUNT.fullmatch(text):
        return "a service account: ACCOUNT or NAMESPACE/ACCOUNT, without *"
    return ValueMatch(ValueCompare.EXACT, text if "/" in text else f"{namespace}/{text}")


_PARSERS: Mapping[Attribute, Parse] = {
    Attribute.SERVICE_ACCOUNT: _account,
    Attribute.DIRECT_IP: _range,
    Attribute.REMOTE_IP: _range,
    Attribute.DESTINATION_IP: _range,
    Attribute.PORT: _port,
    Attribute.PATH: _path,
}
_CODES: Mapping[Attribute, str] = {
    Attribute.DIRECT_IP: "invalid-address",
    Attribute.REMOTE_IP: "invalid-address",
    Attribute.DESTINATION_IP: "invalid-address",
    Attribute.PORT: "out-of-range",
    Attribute.PATH: "invalid-path",
}
