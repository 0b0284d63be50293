"""What every dialect's words about cross-origin requests must be."""

from __future__ import annotations

from gossamer.dialects.values.header import check_header_name
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies.cors import Cors

ANY = "*"


def check_names(stanza: Fields, field: str, names: tuple[str, ...]) -> None:
    """Report names of headers or methods that HTTP does not allow; both are made alike."""
    for at, name in enumerate(names):
        check_header_name(stanza, (field, at), name)


def check_cors(stanza: Fields, cors: Cors, field: str) -> None:
    """Report a policy that allows no site, and one that lets every site act for its visitors."""
    if not cors.origins and not stanza.failed:
        stanza.report(
            f"{dotted(stanza.path)} allows no origin",
            "browsers let no page of another site read the answers",
            f"Name the origins in {field}, such as https://shop.example.com",
            severity=Severity.WARNING,
            code="no-effect",
        )
    if cors.credentials and any(origin.value == ANY for origin in cors.origins):
        stanza.report(
            f"{dotted(stanza.path)} allows every origin, with credentials",
            "any website can read the answers with the cookies of its visitors",
            f"Name the origins in {field}, or remove allowCredentials",
            field="allowCredentials",
            severity=Severity.WARNING,
            code="any-origin-with-credentials",
        )


def tell_bad_origin(stanza: Fields, field: tuple[str | int, ...], text: str) -> None:
    """Report what is not an origin."""
    stanza.report(
        f"{dotted((*stanza.path, *field))} is not a valid origin: {text[:100]!r}",
        "no browser sends it",
        "Write scheme and host, and a port that is not the scheme's own, as in "
        "https://shop.example.com",
        field=field,
        code="invalid-origin",
    )
