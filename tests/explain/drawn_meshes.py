"""Random valid meshes and random calls, as the manifests and requests that people write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies

PATHS = ("/", "/a", "/a/", "/a/b", "/ab", "/A/b", "/b", "/b/c/d")
CALLED = (*PATHS, "/a?q=1", "/a/b?q=2&r=", "/b?r", "/a/../b", "/a/./b", "/%61/b", "/a%2Fb", "//a")
REGEXES = ("/a.*", "/[ab]/.*", "(/a|/b)/?", "/\\w+", "/[[:alpha:]]+")
NAMES = ("x-one", "x-two")
VALUES = ("1", "one", "ONE", "a,b")
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD")
QUERIES = ("q", "r")
SUBSETS = ("v1", "v2", "v9")


@dataclass(frozen=True, slots=True)
class Request:
    """A call to one of a mesh's hosts, without its namespace."""

    host: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    with_port: bool


def _string_match() -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.one_of(
        strategies.sampled_from(VALUES).map(lambda v: {"exact": v}),
        strategies.sampled_from(("o", "1", "a,")).map(lambda v: {"prefix": v}),
        strategies.sampled_from(("o.*", "[0-9]+", "(?i)one")).map(lambda v: {"regex": v}),
    )


def _uri() -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.one_of(
        strategies.sampled_from(PATHS).map(lambda v: {"exact": v}),
        strategies.sampled_from(PATHS).map(lambda v: {"prefix": v}),
        strategies.sampled_from(REGEXES).map(lambda v: {"regex": v}),
    )


def _istio_match() -> strategies.SearchStrategy[dict[str, Any]]:
    header = strategies.one_of(_string_match(), strategies.just(dict[str, Any]()))
    return strategies.fixed_dictionaries(
        {},
        optional={
            "uri": _uri(),
            "ignoreUriCase": strategies.booleans(),
            "method": strategies.sampled_from(METHODS).map(lambda m: {"exact": m}),
            "headers": strategies.dictionaries(strategies.sampled_from(NAMES), header, max_size=2),
            "withoutHeaders": strategies.dictionaries(
                strategies.sampled_from(NAMES), header, max_size=1
            ),
            "queryParams": strategies.dictionaries(
                strategies.sampled_from(QUERIES),
                strategies.one_of(_string_match(), strategies.just({})),
                max_size=1,
            ),
            "authority": strategies.sampled_from(("a", "b")).map(lambda v: {"prefix": v}),
            "scheme": strategies.sampled_from(("http", "https")).map(lambda v: {"exact": v}),
        },
    )


def _changes() -> strategies.SearchStrategy[dict[str, Any]]:
    value = strategies.sampled_from(
        ("set", "%REQ(x-two)%", "100%%", "%REQ(:path)%", "%REQ(:authority)%")
    )
    return strategies.fixed_dictionaries(
        {},
        optional={
            "set": strategies.dictionaries(
                strategies.sampled_from(NAMES), value, min_size=1, max_size=2
            ),
            "add": strategies.dictionaries(
                strategies.sampled_from(NAMES), value, min_size=1, max_size=2
            ),
            "remove": strategies.lists(
                strategies.sampled_from(NAMES), min_size=1, max_size=2, unique=True
            ),
        },
    )


def _istio_headers() -> strategies.SearchStrategy[dict[str, Any]]:
    host = strategies.sampled_from(("other.example", "b"))
    request = strategies.one_of(_changes(), host.map(lambda h: {"set": {"Host": h}}))
    return strategies.fixed_dictionaries({}, optional={"request": request, "response": _changes()})


def _destination() -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.fixed_dictionaries(
        {
            "destination": strategies.fixed_dictionaries(
                {"host": strategies.sampled_from(("a", "a", "b", "gone"))},
                optional={"subset": strategies.sampled_from((*SUBSETS, "none"))},
            ),
            "weight": strategies.sampled_from((0, 1, 1, 3)),
        },
        optional={"headers": _istio_headers()},
    )


def _rewrite() -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.one_of(
        strategies.sampled_from(("/", "/new", "/new/")).map(lambda v: {"uri": v}),
        strategies.just({"authority": "re.example"}),
        strategies.just({"uri": "/n", "authority": "re.example:81"}),
        strategies.just({"uriRegexRewrite": {"match": "^/(a)/?(.*)", "rewrite": "/x/\\2/\\1"}}),
        strategies.just({"uriRegexRewrite": {"match": "b*", "rewrite": "-"}}),
    )


def _redirect() -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.fixed_dictionaries(
        {"redirectCode": strategies.sampled_from((301, 302, 303, 307, 308))},
        optional={
            "uri": strategies.sampled_from(("/moved", "/moved?x=1")),
            "authority": strategies.sampled_from(("new.example", "new.example:81")),
            "scheme": strategies.sampled_from(("http", "https")),
            "port": strategies.sampled_from((80, 443, 9443)),
        },
    )


def _fault() -> strategies.SearchStrategy[dict[str, Any]]:
    percent = strategies.sampled_from((0, 100)).map(lambda v: {"value": v})
    abort = strategies.one_of(
        strategies.fixed_dictionaries(
            {"percentage": percent, "httpStatus": strategies.sampled_from((418, 503, 404))}
        ),
        strategies.fixed_dictionaries(
            {
                "percentage": percent,
                "grpcStatus": strategies.sampled_from(
                    ("UNAVAILABLE", "NOT_FOUND", "ABORTED", "OK")
                ),
            }
        ),
    )
    delay = strategies.fixed_dictionaries(
        {"percentage": percent, "fixedDelay": strategies.just("1ms")}
    )
    return strategies.fixed_dictionaries({}, optional={"abort": abort, "delay": delay})


@strategies.composite
def _istio_rule(draw: strategies.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    matches = draw(strategies.lists(_istio_match(), max_size=2))
    if matches:
        rule["match"] = matches
    kind = draw(strategies.sampled_from(("route",) * 5 + ("redirect", "directResponse")))
    if kind == "route":
        rule["route"] = draw(strategies.lists(_destination(), min_size=1, max_size=3))
        if len(rule["route"]) > 1 and not any(each["weight"] for each in rule["route"]):
            rule["route"][0]["weight"] = 1
        if draw(strategies.booleans()):
            rule["rewrite"] = draw(_rewrite())
        rule["retries"] = {"attempts": 0}
    elif kind == "redirect":
        rule["redirect"] = draw(_redirect())
    else:
        status = draw(strategies.sampled_from((200, 204, 404, 503)))
        rule["directResponse"] = {"status": status, "body": {"string": "said %by% me"}}
    if draw(strategies.booleans()):
        rule["headers"] = draw(_istio_headers())
    if draw(strategies.integers(0, 3)) == 0:
        rule["fault"] = draw(_fault())
    return rule


def _virtual_service(name: str, hosts: list[str]) -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.lists(_istio_rule(), min_size=1, max_size=4).map(
        lambda rules: _object(
            "networking.istio.io/v1", "VirtualService", name, {"hosts": hosts, "http": rules}
        )
    )


def _route_match() -> strategies.SearchStrategy[dict[str, Any]]:
    path = strategies.one_of(
        strategies.sampled_from(PATHS).map(lambda v: {"type": "Exact", "value": v}),
        strategies.sampled_from(PATHS).map(lambda v: {"type": "PathPrefix", "value": v}),
        strategies.sampled_from(REGEXES).map(lambda v: {"type": "RegularExpression", "value": v}),
    )
    value = strategies.one_of(
        strategies.sampled_from(VALUES).map(lambda v: {"value": v}),
        strategies.just({"type": "RegularExpression", "value": "o.*"}),
    )
    header = strategies.tuples(strategies.sampled_from(NAMES), value).map(
        lambda p: {"name": p[0], **p[1]}
    )
    query = strategies.tuples(strategies.sampled_from(QUERIES), value).map(
        lambda p: {"name": p[0], **p[1]}
    )
    return strategies.fixed_dictionaries(
        {},
        optional={
            "path": path,
            "method": strategies.sampled_from(METHODS),
            "headers": strategies.lists(
                header, min_size=1, max_size=2, unique_by=lambda h: h["name"]
            ),
            "queryParams": strategies.lists(query, min_size=1, max_size=1),
        },
    )


def _modifier(kind: str) -> strategies.SearchStrategy[dict[str, Any]]:
    pair = strategies.fixed_dictionaries(
        {
            "name": strategies.sampled_from(NAMES),
            "value": strategies.sampled_from(("set", "50% off")),
        }
    )
    pairs = strategies.lists(pair, min_size=1, max_size=2, unique_by=lambda p: p["name"])
    change = strategies.fixed_dictionaries(
        {},
        optional={
            "set": pairs,
            "add": pairs,
            "remove": strategies.lists(
                strategies.sampled_from(NAMES), min_size=1, max_size=2, unique=True
            ),
        },
    )
    return change.map(lambda c: {"type": kind, kind[0].lower() + kind[1:]: c})


def _url_rewrite(kind: str, field: str) -> strategies.SearchStrategy[dict[str, Any]]:
    path = strategies.one_of(
        strategies.just({"type": "ReplaceFullPath", "replaceFullPath": "/full"}),
        strategies.sampled_from(("/", "/p", "/p/")).map(
            lambda v: {"type": "ReplacePrefixMatch", "replacePrefixMatch": v}
        ),
    )
    extra = (
        {}
        if kind == "URLRewrite"
        else {
            "scheme": strategies.sampled_from(("http", "https")),
            "port": strategies.sampled_from((80, 8443)),
            "statusCode": strategies.sampled_from((301, 302)),
        }
    )
    stanza = strategies.fixed_dictionaries(
        {}, optional={"hostname": strategies.just("re.example"), "path": path, **extra}
    )
    return stanza.map(lambda s: {"type": kind, field: s})


@strategies.composite
def _route_rule(draw: strategies.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    matches = draw(strategies.lists(_route_match(), max_size=2))
    if matches:
        rule["matches"] = matches
    filters = []
    for kind in ("RequestHeaderModifier", "ResponseHeaderModifier"):
        if draw(strategies.integers(0, 3)) == 0:
            filters.append(draw(_modifier(kind)))
    which = draw(strategies.sampled_from(("", "", "URLRewrite", "RequestRedirect")))
    if which:
        field = {"URLRewrite": "urlRewrite", "RequestRedirect": "requestRedirect"}[which]
        filters.append(draw(_url_rewrite(which, field)))
    if filters:
        rule["filters"] = filters
    backend = strategies.fixed_dictionaries(
        {
            "name": strategies.sampled_from(("a", "b", "b", "gone")),
            "port": strategies.sampled_from((9080, 9080, 9080, 1)),
        },
        optional={
            "weight": strategies.sampled_from((0, 1, 3)),
            "filters": _modifier("RequestHeaderModifier").map(lambda f: [f]),
        },
    )
    if which != "RequestRedirect":
        rule["backendRefs"] = draw(strategies.lists(backend, max_size=3))
    return rule


def _http_route(name: str, parent: dict[str, Any]) -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.lists(_route_rule(), min_size=1, max_size=3).map(
        lambda rules: _object(
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            name,
            {"parentRefs": [parent], "rules": rules},
        )
    )


def _destination_rule() -> strategies.SearchStrategy[dict[str, Any]]:
    subsets = [{"name": name, "labels": {"version": name}} for name in SUBSETS]
    spec = {"host": "a", "subsets": subsets, "trafficPolicy": {"tls": {"mode": "DISABLE"}}}
    return strategies.just(_object("networking.istio.io/v1", "DestinationRule", "a", spec))


def _split() -> strategies.SearchStrategy[dict[str, Any]]:
    spec = {
        "service": "b",
        "backends": [{"service": "a", "weight": 1}, {"service": "b", "weight": 2}],
    }
    return strategies.just(_object("split.smi-spec.io/v1alpha2", "TrafficSplit", "b", spec))


def _object(version: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


@strategies.composite
def documents(draw: strategies.DrawFn) -> list[dict[str, Any]]:
    """The routing objects of a mesh that has the services `a` (subsets v1, v2) and `b`."""
    found: list[dict[str, Any]] = []
    if draw(strategies.booleans()):
        found.append(draw(_virtual_service("a", ["a", "web.example"])))
    if draw(strategies.booleans()):
        found.append(draw(_http_route("b", {"group": "", "kind": "Service", "name": "b"})))
    elif draw(strategies.booleans()):
        found.append(draw(_virtual_service("b", ["b"])))
    else:
        found.append(draw(_split()))
    if draw(strategies.booleans()):
        found.append(draw(_destination_rule()))
    return found


@strategies.composite
def gateway_documents(draw: strategies.DrawFn) -> list[dict[str, Any]]:
    """Objects bound to a gateway: of one dialect or both, on several hosts."""
    found: list[dict[str, Any]] = []
    if draw(strategies.booleans()):
        service = draw(_virtual_service("a", ["*.example"]))
        service["spec"]["gateways"] = ["front"]
        found.append(service)
    if draw(strategies.booleans()):
        service = draw(_virtual_service("b", ["web.example"]))
        service["spec"]["gateways"] = ["front"]
        found.append(service)
    if draw(strategies.booleans()):
        found.append(draw(_destination_rule()))
    return found


def requests(hosts: tuple[str, ...]) -> strategies.SearchStrategy[list[Request]]:
    """Calls to some of these hosts."""
    headers = strategies.dictionaries(
        strategies.sampled_from((*NAMES, "content-type")),
        strategies.sampled_from(VALUES),
        max_size=2,
    ).map(_told)
    request = strategies.builds(
        Request,
        host=strategies.sampled_from(hosts),
        method=strategies.sampled_from(METHODS),
        path=strategies.sampled_from(CALLED),
        headers=headers,
        with_port=strategies.booleans(),
    )
    return strategies.lists(request, min_size=3, max_size=8)


def _told(headers: dict[str, str]) -> tuple[tuple[str, str], ...]:
    grpc = {"content-type": "application/grpc"} if headers.get("content-type") == "1" else {}
    kept = {name: value for name, value in headers.items() if name != "content-type"}
    return tuple({**kept, **grpc}.items())
