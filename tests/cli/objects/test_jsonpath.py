"""Templates as kubectl's documentation writes them, and what kubectl prints for them."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.cli.objects.jsonpath.path import PathError
from gossamer.cli.objects.jsonpath.template import fill, parse_template

PODS: dict[str, Any] = {
    "kind": "List",
    "items": [
        {
            "kind": "Pod",
            "metadata": {
                "name": "web-1",
                "labels": {"app": "web", "app.kubernetes.io/name": "shop"},
            },
            "spec": {"containers": [{"name": "app", "image": "web:1"}, {"image": "side:2"}]},
            "status": {
                "podIP": "10.244.1.1",
                "ready": True,
                "conditions": [
                    {"type": "Initialized", "status": "True"},
                    {"type": "Ready", "status": "False"},
                ],
            },
        },
        {
            "kind": "Pod",
            "metadata": {"name": "db-0", "labels": {"app": "db"}},
            "spec": {"containers": [{"name": "db", "image": "db:9"}]},
            "status": {"podIP": "10.244.1.2", "restarts": 3},
        },
    ],
}


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{.items[0].metadata.name}", "web-1"),
        (".items[0].metadata.name", "web-1"),
        ("{.items[*].metadata.name}", "web-1 db-0"),
        ("{.items..metadata.name}", "web-1 db-0"),
        ("{.items[-1].metadata.name}", "db-0"),
        ("{.items[-1:].metadata.name}", "db-0"),
        ("{.items[0:1].metadata.name}", "web-1"),
        ("{.items[0,1].metadata.name}", "web-1 db-0"),
        ("{$.kind}", "List"),
        ("{['kind']}", "List"),
        ("{.items[*]['metadata.name', 'status.podIP']}", "web-1 10.244.1.1 db-0 10.244.1.2"),
        ("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "shop"),
        ("{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", "shop"),
        ('{.items[?(@.metadata.name=="db-0")].status.podIP}', "10.244.1.2"),
        ("{.items[?(@.status.restarts > 2)].metadata.name}", "db-0"),
        ("{.items[?(@.status.ready)].metadata.name}", "web-1"),
        ('{.items[0].status.conditions[?(@.type=="Ready")].status}', "False"),
        ("{.items[0].status.conditions[?(@.type!='Ready')].status}", "True"),
        ("{.items[0].status.ready}", "true"),
        ("{.items[1].status}", '{"podIP":"10.244.1.2","restarts":3}'),
        ("{..image}", "web:1 side:2 db:9"),
        ("{.items[0].nothing.here}", ""),
        ("first: {.items[0].metadata.name}!", "first: web-1!"),
        (
            '{range .items[*]}{.metadata.name}{"\\t"}{.status.podIP}{"\\n"}{end}',
            "web-1\t10.244.1.1\ndb-0\t10.244.1.2\n",
        ),
        (
            "{range .items[*]}{.metadata.name}:{range .spec.containers[*]} {.image}{end};{end}",
            "web-1: web:1 side:2;db-0: db:9;",
        ),
        ('{range .items}{@.metadata.name}{","}{end}', "web-1,db-0,"),
        ("{.items[*].spec.containers[*].image}", "web:1 side:2 db:9"),
    ],
)
def test_templates_of_kubectl(template: str, shown: str) -> None:
    """Each form that its documentation shows."""
    assert fill(parse_template(template), PODS) == shown


@pytest.mark.parametrize(
    "template",
    [
        "{.items[0}",
        "{.items",
        "{range .items[*]}{.metadata.name}",
        "{end}",
        "{.items[?(@.a=='b' && @.c=='d')]}",
        "{.items[?(@.a=~'b')]}",
        "{.items[first]}",
        "{.a.[}",
        "{.a b}",
    ],
)
def test_what_is_not_in_the_dialect_is_told(template: str) -> None:
    """A template is shown as it is nowhere: it works, or an error names the part."""
    with pytest.raises(PathError):
        parse_template(template)
