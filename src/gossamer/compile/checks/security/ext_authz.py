"""CUSTOM policies whose provider cannot be asked: every call that they speak of is refused."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of
from gossamer.model.finding import Finding
from gossamer.model.policies.workload.authorization import Authorization, AuthorizationAction
from gossamer.model.settings import Settings
from gossamer.model.workload.ext_authz import ExternalAuthorizer
from gossamer.model.workload.labels import selects
from gossamer.model.workload.workload_policy import WorkloadPolicy

_REFUSED = "every call that its rules match is refused with 403"


def unknown_providers(
    read: TrackedLookup, subject: Subject, policy: WorkloadPolicy
) -> Iterator[Finding]:
    """A CUSTOM policy whose provider MeshConfig does not have, or beside one of another."""
    custom = _custom(policy)
    if custom is None:
        return
    names = [each.name for each in settings_of(read).authorizers]
    if custom.provider not in names:
        has = f"it has {', '.join(sorted(names))}" if names else "it has no providers"
        yield Finding(
            subject.at("spec.provider.name", "spec.provider"),
            f"MeshConfig has no provider {custom.provider!r}; {has}",
            _REFUSED,
            "Add it to extensionProviders of the ConfigMap istio in istio-system, or name another",
            "unknown-provider",
        )
    for other in _beside(read, policy):
        yield Finding(
            subject.at("spec.provider.name", "spec.provider"),
            f"{other.object} has the same workloads asked about by another provider",
            "one workload asks one provider: every call that either matches is refused with 403",
            "Let both name the same provider, or select different workloads",
            "several-providers",
        )


def missing_authorizers(
    read: TrackedLookup, subject: Subject, settings: Settings
) -> Iterator[Finding]:
    """A provider whose service or Rego does not exist."""
    for index, each in enumerate(settings.authorizers):
        lacks = _lacks(read, each)
        if lacks:
            yield Finding(
                subject.at(f"data.mesh.extensionProviders[{index}]", "data.mesh"),
                f"provider {each.name!r} names {lacks}, which does not exist",
                "calls that CUSTOM policies have it asked about are "
                + ("let in without a check" if each.fail_open else "refused"),
                "Create it, or correct the name",
                "missing-authorizer",
            )


def _custom(policy: WorkloadPolicy) -> Authorization | None:
    value = policy.policies.get(Authorization)
    return value if value is not None and value.action is AuthorizationAction.CUSTOM else None


def _beside(read: TrackedLookup, policy: WorkloadPolicy) -> Iterator[WorkloadPolicy]:
    """Policies of the same namespace that ask another provider about workloads of this one."""
    own = _custom(policy)
    for other in read.lookup(tables.WORKLOAD_POLICIES, policy.namespace) or ():
        theirs = _custom(other)
        if theirs is None or own is None or theirs.provider == own.provider:
            continue
        narrower = selects(policy.selector, other.selector) or selects(
            other.selector, policy.selector
        )
        if narrower and not (policy.targets or other.targets):
            yield other


def _lacks(read: TrackedLookup, authorizer: ExternalAuthorizer) -> str:
    if authorizer.rego is not None:
        rego = read.lookup(tables.REGO, authorizer.rego.policy)
        return "" if rego else f"ConfigMap {authorizer.rego.policy} with Rego"
    services = read.lookup(tables.SERVICES, authorizer.host) or ()
    if not services:
        return f"host {authorizer.host}"
    served = any(each.port(authorizer.port) is not None for each in services)
    return "" if served else f"port {authorizer.port} of {authorizer.host}"
