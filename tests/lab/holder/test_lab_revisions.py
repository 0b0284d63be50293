"""Templates of a workload are numbered as `rollout history` shows them."""

from __future__ import annotations

from typing import Any

from gossamer.lab.holder.history.revisions import TemplateHistory
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.model.origin import ObjectRef

WEB = ObjectRef("Deployment", "shop", "web", "apps")


def documents(image: str, **spec: Any) -> LabDocuments:
    template = {"spec": {"containers": [{"name": "app", "image": image}]}}
    body = {
        "metadata": {"annotations": {"kubernetes.io/change-cause": f"to {image}"}},
        "spec": {"template": template, **spec},
    }
    return LabDocuments([LabDocument("Deployment", "apps/v1", "shop", "web", body)])


def numbers(kept: TemplateHistory) -> list[tuple[int, str]]:
    return [(each.number, each.cause) for each in kept.of(WEB)]


def test_a_template_that_comes_back_gets_a_new_number() -> None:
    """A scale is no revision; an undo moves the old one to the end, as in Kubernetes."""
    kept = TemplateHistory()
    for each in (documents("a"), documents("b"), documents("b", replicas=3), documents("a")):
        kept.follow(each)
    assert numbers(kept) == [(2, "to b"), (3, "to a")]


def test_the_history_is_as_long_as_its_author_says() -> None:
    """The present one, and so many before it."""
    kept = TemplateHistory()
    for image in "abcde":
        kept.follow(documents(image, revisionHistoryLimit=2))
    assert [number for number, _ in numbers(kept)] == [3, 4, 5]


def test_a_deleted_workload_has_no_history() -> None:
    """Nor does one of the same name that comes later."""
    kept = TemplateHistory()
    kept.follow(documents("a"))
    kept.follow(LabDocuments([]))
    kept.follow(documents("b"))
    assert numbers(kept) == [(1, "to b")]
