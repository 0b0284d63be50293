"""Headers that only proxies may set: taken off a request before anything reads it.

Envoy changes headers early (before it adds its own), so what a proxy itself sets stays. What
applications say of retries, timeouts and tracing is left to the Envoy beside them, as in Istio.
From outside, and from callers that no proxy speaks for, no word to Envoy is taken at all: they
could invent a count of attempts, or tell the receiver's proxy how long to wait and what to trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from envoy.config.common.mutation_rules.v3.mutation_rules_pb2 import HeaderMutation
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.extensions.http.early_header_mutation.header_mutation.v3 import (
    header_mutation_pb2,
)

from gossamer.compile.protos import packed

NEVER_SENT = (
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-is-timeout-retry",
    "x-envoy-original-dst-host",
    "x-envoy-peer-metadata",
    "x-envoy-peer-metadata-id",
)
"""Those that no proxy of the mesh sends to another."""

SENT_BY_PROXIES = (
    "x-envoy-attempt-count",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-external-address",
    "x-envoy-original-host",
    "x-envoy-original-method",
    "x-envoy-original-path",
    "x-envoy-original-url",
)
"""Those that a gateway's or a caller's proxy says to the next one, and the application reads."""

TO_ENVOY = "x-envoy-"
"""The prefix of all words to Envoy."""

CLIENTS = "x-forwarded-for"
_PEER = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"


@cache
def from_proxies() -> TypedExtensionConfig:
    """For requests that a proxy of the mesh has cleaned already."""
    return _early(_without(NEVER_SENT))


@cache
def from_applications() -> TypedExtensionConfig:
    """For requests that applications make, at the proxy beside them."""
    return _early(_without((*NEVER_SENT, *SENT_BY_PROXIES)))


@cache
def from_unproxied() -> TypedExtensionConfig:
    """For requests that come to a sidecar and that no proxy has read on their way."""
    return _early((_without_words_to_envoy(),))


@cache
def from_outsiders() -> TypedExtensionConfig:
    """For requests from outside; the peer's address is added, be it this host's own.

    Envoy itself would write the gateway's address in place of 127.0.0.1.
    """
    peer = HeaderMutation()
    peer.append.header.key, peer.append.header.value = CLIENTS, _PEER
    return _early((_without_words_to_envoy(), peer))


def _without_words_to_envoy() -> HeaderMutation:
    every = HeaderMutation()
    every.remove_on_match.key_matcher.prefix = TO_ENVOY
    every.remove_on_match.key_matcher.ignore_case = True
    return every


def _without(names: Iterable[str]) -> Iterator[HeaderMutation]:
    return (HeaderMutation(remove=name) for name in names)


def _early(mutations: Iterable[HeaderMutation]) -> TypedExtensionConfig:
    mutation = header_mutation_pb2.HeaderMutation(mutations=mutations)
    return TypedExtensionConfig(name="proxy-headers", typed_config=packed(mutation))
