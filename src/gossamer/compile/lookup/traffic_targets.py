"""What SMI's traffic targets say of a workload, as authorization.

Each is an ALLOW: as soon as one names a workload as destination, only what some target allows is
let through. What it refers to and is not there allows nothing, so that a missing object never opens
a door. Together with ALLOW policies of other dialects it is enough that one of all matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of
from gossamer.model.ids import CLUSTER_DOMAIN
from gossamer.model.policies.workload.authorization import (
    AllOf,
    Attribute,
    Authorization,
    AuthorizationAction,
    AuthorizationRule,
    CallCondition,
    ValueCompare,
    ValueMatch,
)
from gossamer.model.workload.access import (
    HttpMatch,
    IdentityBinding,
    Party,
    PartyKind,
    RouteKind,
    RouteReference,
    TrafficRoutes,
    TrafficTarget,
)
from gossamer.model.workload.labels import Labels, selects

EXACT, REGEX, PRESENT = ValueCompare.EXACT, ValueCompare.REGEX, ValueCompare.PRESENT


def traffic_targets_of(
    read: TrackedLookup, namespace: str, account: str, labels: Labels
) -> Iterator[tuple[TrafficTarget, Authorization]]:
    """The targets whose destination is a workload with that account and these labels."""
    for target in read.lookup(tables.TRAFFIC_TARGETS, namespace) or ():
        if _means(read, target.destination, account, labels):
            read.decided(target.object)
            rules = tuple(_rules(read, target))
            yield target, Authorization(AuthorizationAction.ALLOW, rules)


def binding_of(read: TrackedLookup, party: Party) -> IdentityBinding | None:
    """The binding that a party names; None where there is none."""
    bindings = read.lookup(tables.IDENTITY_BINDINGS, party.namespace) or ()
    return next((each for each in bindings if each.name == party.name), None)


def routes_of(
    read: TrackedLookup, target: TrafficTarget, reference: RouteReference
) -> TrafficRoutes | None:
    """The routes that a reference names; None where there are none."""
    name = f"{reference.kind} {target.namespace}/{reference.name}"
    claims = read.lookup(tables.TRAFFIC_ROUTES, name) or ()
    return next(iter(claims), None)


def _means(read: TrackedLookup, party: Party, account: str, labels: Labels) -> bool:
    if party.kind is PartyKind.ACCOUNT:
        return party.name == account
    binding = binding_of(read, party)
    if binding is None:
        return False
    read.decided(binding.object)
    domains = {CLUSTER_DOMAIN, settings_of(read).trust_domain}
    principals = {f"{domain}/ns/{party.namespace}/sa/{account}" for domain in domains}
    return (
        binding.account == account
        or not principals.isdisjoint(binding.principals)
        or any(selects(selector, labels) for selector in binding.selectors)
    )


def _rules(read: TrackedLookup, target: TrafficTarget) -> Iterator[AuthorizationRule]:
    """One for all that goes by ports, methods and paths, and one for each match with headers."""
    sources = tuple(one for party in target.sources for one in _sources(read, party))
    operations = _operations(read, target)
    if not sources:
        return
    plain = tuple(each for each in operations if not _headers(each))
    field = target.routes[0].field
    if plain:
        yield AuthorizationRule(sources, () if () in plain else plain, field=field)
    for each in operations:
        if headers := _headers(each):
            rest = tuple(condition for condition in each if condition not in headers)
            yield AuthorizationRule(sources, (rest,), headers, field=headers[0].field)


def _headers(operation: AllOf) -> AllOf:
    return tuple(each for each in operation if each.attribute is Attribute.HEADER)


def _sources(read: TrackedLookup, party: Party) -> Iterator[AllOf]:
    """One party's certificates. Labels say nothing here: no certificate names them."""
    binding = binding_of(read, party) if party.kind is PartyKind.BINDING else None
    account = party.name if party.kind is PartyKind.ACCOUNT else binding.account if binding else ""
    if account:
        name = f"{party.namespace}/{account}"
        yield (_condition(Attribute.SERVICE_ACCOUNT, (name,), EXACT, party.field),)
    for principal in binding.principals if binding else ():
        yield (_condition(Attribute.PRINCIPAL, (principal,), EXACT, party.field),)


def _operations(read: TrackedLookup, target: TrafficTarget) -> tuple[AllOf, ...]:
    """Requests on ports, if the target has routes of both kinds; `()` is any call."""
    by_kind: dict[RouteKind, list[RouteReference]] = {}
    for each in target.routes:
        by_kind.setdefault(each.kind, []).append(each)
    requests = tuple(_requests(read, target, by_kind.get(RouteKind.HTTP, ())))
    ports = tuple(_ports(read, target, by_kind.get(RouteKind.TCP, ())))
    if RouteKind.HTTP not in by_kind:
        heads = ports
    elif RouteKind.TCP not in by_kind:
        heads = requests
    else:
        heads = tuple((*port, *request) for port in ports for request in requests)
    port = (str(target.port),) if target.port else ()
    own = (_condition(Attribute.PORT, port, EXACT, "spec.destination.port"),) if port else ()
    return tuple((*own, *head) for head in heads)


def _found(
    read: TrackedLookup, target: TrafficTarget, references: Iterable[RouteReference]
) -> Iterator[tuple[RouteReference, TrafficRoutes]]:
    """The routes that are there, each noted as deciding."""
    for reference in references:
        routes = routes_of(read, target, reference)
        if routes is not None:
            read.decided(routes.object)
            yield reference, routes


def _ports(
    read: TrackedLookup, target: TrafficTarget, references: Iterable[RouteReference]
) -> Iterator[AllOf]:
    for reference, routes in _found(read, target, references):
        ports = tuple(map(str, routes.ports))
        yield (_condition(Attribute.PORT, ports, EXACT, reference.field),) if ports else ()


def _requests(
    read: TrackedLookup, target: TrafficTarget, references: Iterable[RouteReference]
) -> Iterator[AllOf]:
    for reference, routes in _found(read, target, references):
        for match in routes.matches:
            if not reference.matches or match.name in reference.matches:
                yield tuple(_request(match, reference.field))


def _request(match: HttpMatch, field: str) -> Iterator[CallCondition]:
    """A request that is not looked at is one all the same: bytes on a TCP port are not."""
    methods = (
        tuple(ValueMatch(EXACT, each) for each in match.methods)
        if match.methods
        else (ValueMatch(PRESENT),)
    )
    yield CallCondition(Attribute.METHOD, methods, field=field)
    if match.path:
        yield _condition(Attribute.PATH, (match.path,), REGEX, field)
    for name, pattern in match.headers:
        values = (ValueMatch(REGEX, pattern),)
        yield CallCondition(Attribute.HEADER, values, key=(name,), field=field)


def _condition(
    attribute: Attribute, texts: tuple[str, ...], compare: ValueCompare, field: str
) -> CallCondition:
    return CallCondition(attribute, tuple(ValueMatch(compare, t) for t in texts), field=field)
