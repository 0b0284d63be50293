"""MeshConfig: the ConfigMap `istio` in `istio-system`, whose `data.mesh` is YAML itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from gossamer.dialects.istio.mesh.ext_authz import read_authorizers
from gossamer.dialects.istio.mesh.tls import read_tls
from gossamer.dialects.istio.schema import MESH_CONFIG
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.dialects.schema import unknown_inside
from gossamer.dialects.values.hostname import is_host
from gossamer.manifests.cursor import Cursor
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Lines, Manifest, Path, dotted, quoted
from gossamer.manifests.refusal import DocumentRefused
from gossamer.manifests.yaml.parse import parse
from gossamer.manifests.yaml.split import DocumentText
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import CLUSTER_DOMAIN, ROOT_NAMESPACE
from gossamer.model.settings import ClientCertificate, OutboundTraffic, PathNormalization, Settings
from gossamer.model.tls_parameters import WITH_OTHERS, WITHIN_THE_MESH

NAME = "istio"
_AT = ("data", "mesh")
_NORMALIZATIONS: Mapping[str, PathNormalization | None] = {
    "DEFAULT": None,
    **{form.value: form for form in PathNormalization},
}
_CERTIFICATES = {
    "UNDEFINED": ClientCertificate.SANITIZE_SET,
    **{form.value: form for form in ClientCertificate},
}
_MODES = {mode.value: mode for mode in OutboundTraffic}
_STDOUT = "/dev/stdout"


def read_mesh_config(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """The mesh-wide settings; any other ConfigMap says nothing to the mesh."""
    if (manifest.namespace, manifest.name) != (ROOT_NAMESPACE, NAME):
        return None
    data = manifest.body.get("data")
    if not isinstance(data, Mapping) or "mesh" not in data:
        return None
    nested = _unfolded(manifest, data["mesh"], findings)
    if nested is None:
        return None
    with Fields(nested, _AT, findings) as config:
        settings = _settings(config, manifest)
        config.unsupported(
            *(name for name in MESH_CONFIG if name not in _OURS),
            effect="the mesh's own default applies",
        )
        if refused(config, "the mesh would be more open or more closed than intended"):
            return None
    findings += unknown_inside(nested, MESH_CONFIG, findings, _AT)
    return ObjectFragments((settings,))


_OURS = (
    "outboundTrafficPolicy",
    "enableAutoMtls",
    "trustDomain",
    "trustDomainAliases",
    "pathNormalization",
    "defaultConfig",
    "accessLogFile",
    "meshMTLS",
    "tlsDefaults",
    "extensionProviders",
)


def _settings(config: Fields, manifest: Manifest) -> Settings:
    _check_trust_domain(config)
    topology = _topology(config.child("defaultConfig"))
    return Settings(
        object=manifest.ref,
        outbound=config.child("outboundTrafficPolicy").one_of(
            "mode", _MODES, OutboundTraffic.ALLOW_ANY
        ),
        trust_domain_aliases=_aliases(config),
        auto_mtls=config.boolean("enableAutoMtls", True),
        path_normalization=config.child("pathNormalization").one_of(
            "normalization", _NORMALIZATIONS, None
        ),
        trusted_proxies=topology.integer("numTrustedProxies", 0, low=0, high=100),
        client_certificate=topology.one_of(
            "forwardClientCertDetails", _CERTIFICATES, ClientCertificate.SANITIZE_SET
        ),
        access_log=_access_log(config),
        mesh_tls=read_tls(config.child("meshMTLS"), WITHIN_THE_MESH),
        other_tls=read_tls(config.child("tlsDefaults"), WITH_OTHERS),
        authorizers=read_authorizers(config),
    )


def _access_log(config: Fields) -> bool:
    """Whether lines are written where no Telemetry says so: not if the file's name is empty."""
    name = config.string("accessLogFile", _STDOUT)
    if name not in ("", _STDOUT):
        config.unsupported("accessLogFile", effect=f"lines go to {_STDOUT} of the proxy")
    return name != ""


def _topology(config: Fields) -> Fields:
    """What stands in front of the gateways: all that is read of the proxies' own settings."""
    config.unsupported(
        *(name for name in config.names() if name != "gatewayTopology"),
        effect="the proxies' own defaults apply",
    )
    topology = config.child("gatewayTopology")
    topology.unsupported(
        "proxyProtocol",
        effect="gateways read no PROXY header, but from a lab's own edge",
    )
    return topology


def _unfolded(manifest: Manifest, text: object, findings: list[Finding]) -> Manifest | None:
    """The manifest with `data.mesh` as what its text says, each line where it stands."""
    line = manifest.source.line(("data", "mesh")) or 0
    try:
        part = DocumentText(str(text), line + 1)
        value, lines = parse(part)
    except DocumentRefused as refused:
        origin = replace(manifest.origin(("data", "mesh")), line=refused.line)
        findings.append(
            Finding(
                origin,
                f"data.mesh cannot be read: {refused.message}",
                "none of these settings applies; the previous ones, if any, stay in effect",
                refused.remedy,
                refused.code,
            )
        )
        return None
    body: Mapping[str, Any] = MappingProxyType({"data": MappingProxyType({"mesh": value})})
    if manifest.source.places:  # rendered: the lines of the text are not those of a file
        file, _ = manifest.source.place(("data", "mesh"))
        source = replace(manifest.source, file=file, lines=line, places=())
        return replace(manifest, body=body, source=source)
    places: Lines = (line, {"data": (line, {"mesh": lines})})
    return replace(manifest, body=body, source=replace(manifest.source, lines=places))


def _check_trust_domain(config: Fields) -> None:
    """The certificate authority owns the trust domain; another one here would match no peer."""
    domain = config.string("trustDomain", CLUSTER_DOMAIN)
    if not is_host(domain):
        _tell_domain(config, domain)
    elif domain != CLUSTER_DOMAIN:
        config.report(
            f"trustDomain is {domain}, and this mesh issues certificates for {CLUSTER_DOMAIN} only",
            f"it is ignored: identities stay spiffe://{CLUSTER_DOMAIN}/ns/NAMESPACE/sa/ACCOUNT",
            f"Remove it, or write {CLUSTER_DOMAIN}",
            field="trustDomain",
            severity=Severity.WARNING,
            code="unsupported-field",
        )


def _aliases(config: Fields) -> tuple[str, ...]:
    """Other names of the trust domain, each once; the domain's own name is none."""
    field = "trustDomainAliases"
    names = config.strings(field)
    for at, name in enumerate(names):
        if not is_host(name):
            _tell_domain(config, name, (field, at))
    return tuple(name for name in dict.fromkeys(names) if name != CLUSTER_DOMAIN)


def _tell_domain(config: Cursor, domain: str, field: Path = ("trustDomain",)) -> None:
    config.report(
        f"{dotted((*config.path, *field))} is {quoted(domain)}, which is not a valid trust domain",
        "no identity can use it",
        "Write a DNS name such as cluster.local",
        field=field,
        code="invalid-host",
    )
