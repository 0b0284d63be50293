"""VirtualService: hosts, the gateways they are served at, and rules in their written order.

A rule's matches are alternatives: each becomes a route of its own, named RULE.MATCH (the rule's
name or position, the match's position). A VirtualService is a program: a rule that cannot be read
would hand its requests to the next one, so the whole object is refused then. What only adds to a
rule (fault, timeout, retries, CORS, headers, mirror) is left out alone: it is read by the rule's
optional cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gossamer.dialects.istio.values.claims import check_claims
from gossamer.dialects.istio.virtual_service.destination import read_backends
from gossamer.dialects.istio.virtual_service.match import read_match
from gossamer.dialects.istio.virtual_service.parents import read_parents
from gossamer.dialects.istio.virtual_service.policies.cors import read_cors
from gossamer.dialects.istio.virtual_service.policies.direct_response import read_direct_response
from gossamer.dialects.istio.virtual_service.policies.fault import read_fault
from gossamer.dialects.istio.virtual_service.policies.headers import read_headers
from gossamer.dialects.istio.virtual_service.policies.mirror import read_mirror
from gossamer.dialects.istio.virtual_service.policies.redirect import read_redirect
from gossamer.dialects.istio.virtual_service.policies.retry import check_tries, read_retry
from gossamer.dialects.istio.virtual_service.policies.rewrite import read_rewrite
from gossamer.dialects.istio.virtual_service.policies.timeout import read_timeout
from gossamer.dialects.istio.virtual_service.rule_conflicts import check_rule
from gossamer.dialects.istio.virtual_service.virtual_hosts import check_twice, is_delegate
from gossamer.dialects.istio.virtual_service.without_effect import check_in_vain
from gossamer.dialects.placed import Placed, names_of, placed
from gossamer.dialects.reading import NOTHING, ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.dialects.values.foreign_hosts import tell_foreign_hosts
from gossamer.dialects.values.hostname import check_hosts, is_partial, is_pattern, tell_partial
from gossamer.dialects.values.visibility import read_export_to
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Path
from gossamer.model.finding import Finding
from gossamer.model.ids import EVERYWHERE, Dialect, expand_host
from gossamer.model.policies import Policy
from gossamer.model.policies.mirror import Mirror
from gossamer.model.traffic.route import MESH, Backend, Match, Route, RouteSet

NOBODY: tuple[Policy | None, str] = (None, "")
ADDED: Mapping[tuple[str, ...], Callable[[Fields, str], Policy | None]] = {
    ("timeout",): lambda rule, _: read_timeout(rule),
    ("retries",): lambda rule, _: read_retry(rule),
    ("fault",): lambda rule, _: read_fault(rule),
    ("corsPolicy",): lambda rule, _: read_cors(rule),
    ("headers",): lambda rule, _: read_headers(rule.child("headers")),
    ("mirror", "mirrors"): read_mirror,
}
"""What only adds to a rule: its fields, and their reader."""

_HALF = "using only a part of its rules could send requests to the wrong place"


def read_virtual_service(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """The routes of one VirtualService."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        if is_delegate(spec):
            _rules(spec, manifest.namespace)
            return ObjectFragments(refused=refused(spec, _HALF))
        hosts = _hosts(spec, manifest.namespace)
        parents = read_parents(spec, "gateways", manifest.namespace) or (MESH,)
        consumers = read_export_to(spec, manifest.namespace)
        _check_wildcard(spec, hosts, parents)
        if MESH in parents:
            tell_foreign_hosts(spec, manifest.namespace, consumers)
        _check_partial(spec, parents)
        spec.unsupported("tcp", effect="TCP connections go to the address that was dialled")
        spec.unsupported("tls", effect="TLS connections go to the address that was dialled")
        rules = _rules(spec, manifest.namespace)
        check_claims(spec, parents)
        if not any(spec.has(each) for each in ("http", "tcp", "tls")):
            _tell_no_rules(spec.optional())
        is_refused = refused(spec, _HALF, unless=hosts)
    if not (rules or is_refused):
        return NOTHING
    routes = RouteSet(
        object=manifest.ref,
        dialect=Dialect.ISTIO,
        namespace=manifest.namespace,
        hosts=hosts,
        parents=parents,
        routes=tuple(each.route for each in rules),
        consumers=consumers,
    )
    return ObjectFragments((routes,), names_of(rules), is_refused)


def _hosts(spec: Fields, namespace: str) -> tuple[str, ...]:
    hosts = spec.strings("hosts", required=True)
    check_hosts(spec, "hosts", hosts)
    check_twice(spec, hosts)
    good = filter(is_pattern, hosts)
    return tuple(dict.fromkeys(expand_host(host, namespace) for host in good))


def _tell_no_rules(spec: Fields) -> None:
    spec.report(
        "there is no rule: neither http nor tcp nor tls",
        "Istio refuses the object; calls to its hosts go where they would go without it",
        "Add http rules, or remove the object",
        field="http",
        code="no-effect",
    )


def _check_wildcard(spec: Fields, hosts: tuple[str, ...], parents: tuple[str, ...]) -> None:
    if EVERYWHERE in hosts and MESH in parents:
        spec.report(
            "the host * is bound to the mesh",
            "it would take the calls to every service",
            "Name the hosts, or the gateways that it is for",
            field="hosts",
            code="wildcard-in-mesh",
        )


def _check_partial(spec: Fields, parents: tuple[str, ...]) -> None:
    if MESH in parents:
        for at, host in enumerate(spec.strings("hosts")):
            if is_partial(host):
                tell_partial(spec, ("hosts", at), host)


def _rules(spec: Fields, namespace: str) -> list[Placed]:
    """The routes of every rule of which all that decides about requests could be read."""
    rules = [_routes(rule, at, namespace) for at, rule in enumerate(spec.each("http"))]
    return [placed for routes in rules for placed in routes]


def _routes(rule: Fields, at: int, namespace: str) -> list[Placed]:
    name = rule.string("name") or str(at)
    matches = list(_matches(rule, namespace))
    backends, answer = _answer(rule, namespace)
    rewrites = [(read_rewrite(rule, match), "rewrite") for match, _ in matches]
    check_rule(rule)
    added = _added(rule.optional(), namespace)
    if rule.failed:
        return []
    return [
        placed(
            Route(f"{name}.{order}", match, backends),
            path,
            [(value, (*rule.path, field)) for value, field in (rewrite, answer, *added)],
        )
        for order, ((match, path), rewrite) in enumerate(zip(matches, rewrites, strict=True))
    ]


def _added(rule: Fields, namespace: str) -> list[tuple[Policy | None, str]]:
    """What only adds to a rule, and the field that says it; wrong ones are left out alone."""
    policies = [
        (read(rule, namespace), next(filter(rule.has, names), names[0]))
        for names, read in ADDED.items()
    ]
    check_tries(rule)
    check_in_vain(rule, next((each for each, _ in policies if isinstance(each, Mirror)), None))
    return policies


def _matches(rule: Fields, namespace: str) -> Iterator[tuple[Match, Path]]:
    stanzas = list(rule.each("match"))
    if not stanzas:
        yield Match(), rule.path
    for stanza in stanzas:
        yield read_match(stanza, namespace), stanza.path


def _answer(rule: Fields, namespace: str) -> tuple[tuple[Backend, ...], tuple[Policy | None, str]]:
    """Who answers a rule's requests: its backends, or the proxy itself as a field says."""
    match rule.variant("route", "redirect", "directResponse", "delegate", required=True):
        case "redirect":
            return (), (read_redirect(rule), "redirect")
        case "directResponse":
            return (), (read_direct_response(rule), "directResponse")
        case "delegate":
            return (_delegate(rule),), NOBODY
        case "route":
            return read_backends(rule, namespace), NOBODY
        case _:
            return (), NOBODY


def _delegate(rule: Fields) -> Backend:
    rule.unsupported("delegate", effect="requests of this rule are answered 500")
    return Backend("", refused="delegate is not supported")
