"""Rego in ConfigMaps, compiled and its tests run before anything is applied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from gossamer.model.finding import Finding, Severity
from gossamer.model.fragment import Contribution
from gossamer.model.origin import Origin
from gossamer.model.workload.rego import RegoModules


def rego_findings(objects: Iterable[Contribution]) -> Iterator[Finding]:
    """What is wrong with the Rego of these objects. It is evaluated only where there is any."""
    for each in objects:
        for rego in each.fragments:
            if isinstance(rego, RegoModules):
                yield from _of(each, rego)


def _of(contribution: Contribution, rego: RegoModules) -> Iterator[Finding]:
    from gossamer.opa.engine import Engine, RegoFailed, RegoMissing
    from gossamer.opa.rego_tests import failed_tests
    from gossamer.opa.shapes import RegoPolicy

    data = json.loads(rego.data) if rego.data else {}
    name = f"{rego.namespace}/{rego.name}"
    place = dict(contribution.origins).get("", Origin(rego.object))
    try:
        Engine(RegoPolicy(name, rego.deciding, data))
    except RegoFailed as error:
        yield Finding(
            place,
            f"its Rego cannot be used: {error}",
            "the previous policy, if any, stays in effect; without one every call is refused",
            "Fix it; docs/features/ext_authz.md says which functions there are",
            "invalid-rego",
        )
        return
    except RegoMissing as error:
        yield _not_checked(place, f"was not compiled and its tests were not run: {error}")
        return
    try:
        for test in failed_tests(RegoPolicy(name, dict(rego.modules), data)):
            yield Finding(
                _at(contribution, test.module, place),
                f"{test.module}:{test.line}: {test.name} fails: {test.why}",
                "the policy does not decide as its author says that it does",
                "Fix the rule or the test",
                "failing-rego-test",
            )
    except RegoFailed as error:
        yield _not_checked(place, f"compiles, and its tests cannot be run: {error}")


def _not_checked(place: Origin, why: str) -> Finding:
    return Finding(
        place,
        f"its Rego {why}",
        "what is wrong with it shows when calls are refused",
        "docs/findings/rego-not-checked.md says what rego-cpp needs and lacks",
        "rego-not-checked",
        Severity.INFO,
    )


def _at(contribution: Contribution, module: str, otherwise: Origin) -> Origin:
    """The key of the module, where it is known."""
    places = dict(contribution.origins)
    return places.get(f'data["{module}"]', places.get(f"data.{module}", otherwise))
