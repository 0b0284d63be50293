"""What the filter of tokens is told: by workload, by what is known of keys, and in which groups."""

from __future__ import annotations

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.extensions.filters.http.jwt_authn.v3.config_pb2 import JwtAuthentication

from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.http_filters.tokens.jwt import NOBODY, NamedRule, together
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import policies
from gossamer.model.policies.workload.jwt import (
    Jwt,
    JwtRule,
    KeySource,
    TokenHeader,
    TokenOutput,
    TokenPlaces,
)
from gossamer.model.workload.key_set import read_key_set
from gossamer.model.workload.labels import labels
from gossamer.model.workload.workload_policy import WorkloadPolicy
from tests.compile.reviews_mesh import added
from tests.signing import Signer, key_set

REVIEWS = WorkloadView("default", labels({"app": "reviews"}))
SOURCE = KeySource("https://a.example/keys")
FETCHED = JwtRule("a", source=SOURCE)
SERVER, CLIENT = "server|jwt|http", "client|jwt|http"
ONE, TWO = (
    read_key_set(key_set(*(signer.jwk() for signer in signers)), secret=False).text
    for signers in ((Signer(),), (Signer("a"), Signer("b")))
)


def authentication(name: str, *rules: JwtRule, namespace: str = "default") -> WorkloadPolicy:
    ref = ObjectRef("RequestAuthentication", namespace, name, "security.istio.io")
    return WorkloadPolicy(ref, namespace, labels({"app": "reviews"}), policies(Jwt(rules)))


def mesh_of(*policy: WorkloadPolicy) -> Mesh:
    mesh, _ = assemble(Mesh(), {each.object: added(each) for each in policy})
    return mesh


def told(mesh: Mesh, name: str = SERVER, view: WorkloadView = REVIEWS) -> JwtAuthentication:
    body = compile_resource(mesh, view, ResourceType.EXTENSION, name).body
    assert body is not None
    value = TypedExtensionConfig.FromString(body).typed_config.value
    return JwtAuthentication.FromString(value)


def at(header: str) -> TokenPlaces:
    return TokenPlaces((TokenHeader(header),))


def test_a_workload_without_rules_has_a_filter_with_nothing_to_do() -> None:
    """So that the first rule changes no listener."""
    assert told(Mesh()) == JwtAuthentication()
    elsewhere = WorkloadView("default", labels({"app": "other"}))
    assert told(mesh_of(authentication("one", FETCHED)), view=elsewhere) == JwtAuthentication()


def test_keys_that_were_never_fetched_are_not_invented() -> None:
    """The proxy would ask where nobody answers; once they are known it has them by value."""
    mesh = mesh_of(authentication("one", FETCHED))
    assert told(mesh).providers["default/one/0"].remote_jwks.http_uri.cluster == "blackhole"
    known, change = assemble(mesh, {}, {tables.JWKS.key(str(SOURCE)): ONE})
    assert told(known).providers["default/one/0"].local_jwks.inline_string == ONE
    compiled = compile_resource(mesh, REVIEWS, ResourceType.EXTENSION, SERVER)
    assert change & frozenset(compiled.reads)


def test_rules_of_all_objects_hold_together() -> None:
    """The root namespace's first, each under the name of its object."""
    root = authentication("mesh", JwtRule("r"), namespace="istio-system")
    names = set(told(mesh_of(authentication("one", FETCHED, JwtRule("b")), root)).providers)
    assert names == {NOBODY, "istio-system/mesh/0", "default/one/0", "default/one/1"}


def test_gateways_choose_the_route_anew() -> None:
    """By the claims; behind a sidecar there is one route."""
    mesh = mesh_of(authentication("one", FETCHED))
    chosen = [told(mesh, name).providers["default/one/0"] for name in (SERVER, CLIENT)]
    assert [each.clear_route_cache for each in chosen] == [False, True]


def test_every_token_must_expire() -> None:
    """One that never does is refused."""
    assert (
        told(mesh_of(authentication("one", FETCHED))).providers["default/one/0"].require_expiration
    )


def demands_kid(*keys: str) -> bool:
    """Whether a token as bearer must have a kid, where issuers with these key sets share it."""
    rules = (JwtRule(f"issuer {at}", keys=each) for at, each in enumerate(keys))
    config = told(mesh_of(authentication("one", *rules)))
    return any("ImtpZC" in str(rule.match) for rule in config.rules)


def test_a_token_names_its_key_where_there_are_several() -> None:
    """Where one issuer of the place has a single key, its tokens need none."""
    assert demands_kid(TWO)
    assert demands_kid(TWO, TWO, "")
    assert not demands_kid(ONE)
    assert not demands_kid(TWO, ONE)
    assert not demands_kid("")


def grouped(*rules: JwtRule) -> list[list[str]]:
    named = [NamedRule(rule.issuer, rule) for rule in rules]
    return [[each.name for each in group] for group in together(named)]


def test_rules_of_one_place_or_one_header_are_alternatives() -> None:
    """Whatever their order; others hold each for itself."""
    writes = TokenOutput(payload_header="x-payload")
    a, b, c = (JwtRule(name, places=at(f"x-{name}")) for name in "abc")
    both = JwtRule("both", places=TokenPlaces((*at("x-a").headers, *at("x-c").headers)))
    assert grouped(a, b, c) == [["a"], ["b"], ["c"]]
    assert grouped(a, b, c, both) == [["a", "c", "both"], ["b"]]
    one, other = (JwtRule(n, places=at(f"x-{n}"), output=writes) for n in "yz")
    assert grouped(one, a, other) == [["y", "z"], ["a"]]


def test_what_proxies_write_is_taken_off_first() -> None:
    """By a provider that nobody satisfies, so that it holds for every request."""
    writes = TokenOutput(False, "x-payload", (("x-sub", "sub"),))
    rules = (JwtRule("a", output=writes), JwtRule("b", places=at("x-b")))
    config = told(mesh_of(authentication("one", *rules)))
    assert [each.header_name for each in config.providers[NOBODY].claim_to_headers] == [
        "x-payload",
        "x-sub",
    ]
    first, *groups = config.rules[-1].requires.requires_all.requirements
    assert first.requires_any.requirements[0].provider_name == NOBODY
    assert len(groups) == 2
