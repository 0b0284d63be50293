"""`directResponse`: answering at the proxy, with no backend."""

from __future__ import annotations

import binascii
from base64 import b64decode

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies.direct_response import DirectResponse

LONGEST = 2**20


def read_direct_response(rule: Fields) -> DirectResponse | None:
    """The fixed answer of a rule; errors are reported in its stanza."""
    stanza = rule.child("directResponse")
    if not stanza:
        return None
    status = stanza.integer("status", low=200, high=599, required=True)
    body = _body(stanza.child("body"))
    if len(body) > LONGEST:
        stanza.report(
            f"{dotted((*stanza.path, 'body'))} has {len(body)} bytes, more than {LONGEST}",
            "a proxy cannot hold it",
            "Serve it from a backend",
            field="body",
            code="out-of-range",
        )
    return None if status is None else DirectResponse(status, body)


def _body(fields: Fields) -> bytes:
    kind = fields.variant("string", "bytes")
    text = fields.string(kind, "") if kind else ""
    if kind != "bytes":
        return text.encode(errors="replace")
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        fields.report(
            f"{dotted((*fields.path, 'bytes'))} is not base64",
            "there is nothing to answer with",
            "Encode it in base64, or write the text in string",
            field="bytes",
        )
        return b""
