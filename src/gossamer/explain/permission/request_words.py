"""What requests a rule of authorization is about, in a few words: `GET /reviews* on port 9080`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gossamer.contract.authorization_names import parse_rule
from gossamer.explain.authorization.rule_places import authorizations_of
from gossamer.model.mesh import Mesh
from gossamer.model.policies.workload.authorization import (
    AllOf,
    Attribute,
    AuthorizationAction,
    AuthorizationRule,
    CallCondition,
    ValueCompare,
    ValueMatch,
)

_SHOWN = 3

_FORMS: Mapping[ValueCompare, Callable[[str], str]] = {
    ValueCompare.EXACT: str,
    ValueCompare.PREFIX: "{}*".format,
    ValueCompare.SUFFIX: "*{}".format,
    ValueCompare.PRESENT: lambda text: "any",
    ValueCompare.TEMPLATE: str,
    ValueCompare.RANGE: str,
    ValueCompare.REGEX: "~{}".format,
}
_BEFORE: Mapping[Attribute, str] = {
    Attribute.METHOD: "",
    Attribute.PATH: "",
    Attribute.PORT: "port ",
    Attribute.HOST: "host ",
}


def rule_words(mesh: Mesh, name: str) -> str:
    """The requests that a rule of that name lets in, or `not` those that it refuses; "" where it
    is about all."""
    action, rule = next(_rules(mesh, name), (AuthorizationAction.ALLOW, None))
    if rule is None:
        return name
    operations = [_operation(each) for each in rule.operations]
    more = ["with conditions"] if rule.conditions else []
    words = " ".join([" or ".join(filter(None, operations[:_SHOWN])), *more]).strip()
    return words if action is AuthorizationAction.ALLOW or not words else f"not {words}"


def _rules(mesh: Mesh, name: str) -> Iterator[tuple[AuthorizationAction, AuthorizationRule]]:
    named = parse_rule(name)
    for ref in mesh.contributions:
        if named is not None and str(ref) == named.object:
            for each in authorizations_of(mesh, ref):
                for rule in each.rules[named.index : named.index + 1]:
                    yield each.action, rule


def _operation(conditions: AllOf) -> str:
    return " ".join(filter(None, map(_condition, conditions)))


def _condition(condition: CallCondition) -> str:
    before = _BEFORE.get(condition.attribute, f"{condition.attribute} ")
    parts = [_values(condition.values)] if condition.values else []
    parts += [f"not {_values(condition.excluded)}"] if condition.excluded else []
    return before + " ".join(parts)


def _values(values: tuple[ValueMatch, ...]) -> str:
    texts = [_FORMS[each.compare](each.text) for each in values[:_SHOWN]]
    return ",".join(texts) + (",..." if len(values) > _SHOWN else "")
