"""What an apply or delete changed is reported object by object."""

from __future__ import annotations

from typing import Any

from gossamer.lab.holder.history.document_changes import document_changes
from gossamer.lab.plan.documents import LabDocument, LabDocuments


def service(name: str, **spec: Any) -> LabDocument:
    return LabDocument("Service", "v1", "shop", name, {"spec": spec}, "web.yaml", 3)


def test_each_change_is_an_event_and_nothing_else() -> None:
    """Created, configured, deleted; what stayed as it was is no event."""
    before = LabDocuments([service("same"), service("other", a=1), service("gone")])
    after = LabDocuments([service("same"), service("other", a=2), service("new")])
    assert {(about.name, reason) for about, reason, _ in document_changes(before, after)} == {
        ("new", "Created"),
        ("other", "Configured"),
        ("gone", "Deleted"),
    }


def test_a_change_names_its_file() -> None:
    """So that its author is found."""
    ((_, _, message),) = document_changes(LabDocuments([]), LabDocuments([service("new")]))
    assert message == "Created from web.yaml:3"
