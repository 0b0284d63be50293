"""Looks at the software: what is installed, what can be imported, what runs."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import gossamer
from gossamer.cli.checks.facts import Installation, Package
from gossamer.envoy.binary import OVERRIDE, NoEnvoy, envoy_path, envoy_version

MODULES = (
    "cryptography.x509",
    "dnslib",
    "envoy.service.discovery.v3.discovery_pb2",
    "google.protobuf",
    "grpc.aio",
    "h2",
    "immutables",
    "msgspec",
    "pyroute2",
    "rich",
    "starlette",
    "uvicorn",
    "uvloop",
    "wsproto",
    "yaml",
)
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)\)?\s*(;.*)?")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def look_at_installation(home: Path, environ: Mapping[str, str]) -> Installation:
    """The software of this Python."""
    envoy, envoy_problem = _envoy()
    unimportable = _unimportable()
    return Installation(
        version=version_of("gossamer") or "unknown",
        packages=tuple(_packages()),
        unimportable=unimportable,
        protobuf=_protobuf() if "google.protobuf" not in unimportable else "nothing",
        yaml_in_c="yaml" in unimportable or _yaml_in_c(),
        envoy=envoy,
        envoy_problem=envoy_problem,
        envoy_override=environ.get(OVERRIDE),
        prefix=sys.prefix,
        home=str(home),
        variables=tuple(sorted(name for name in environ if name.startswith("GOSSAMER_"))),
    )


def version_of(package: str) -> str | None:
    """The installed version of a package; None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _packages() -> Iterator[Package]:
    locked = _locked()
    try:
        required = metadata.requires("gossamer") or ()
    except metadata.PackageNotFoundError:
        return
    for line in required:
        requirement = _REQUIREMENT.match(line)
        if requirement and "extra" not in (requirement[3] or ""):
            name = requirement[1]
            yield Package(name, requirement[2].strip(), version_of(name), locked.get(_plain(name)))


def _locked() -> Mapping[str, str]:
    """The versions of requirements.lock, where this is a checkout that has one."""
    lock = Path(gossamer.__file__).parents[2] / "requirements.lock"
    if not lock.is_file():
        return {}
    return {_plain(name): version for name, version in _PIN.findall(lock.read_text())}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _unimportable() -> dict[str, str]:
    errors: dict[str, str] = {}
    for name in MODULES:
        try:
            importlib.import_module(name)
        except Exception as error:
            # A broken wheel may raise anything at import; its text is the finding.
            errors[name] = f"{type(error).__name__}: {error}"
    return errors


def _protobuf() -> str:
    from google.protobuf.internal import api_implementation

    return str(api_implementation.Type())


def _yaml_in_c() -> bool:
    import yaml

    return bool(yaml.__with_libyaml__)


def _envoy() -> tuple[str, str]:
    try:
        return envoy_version(envoy_path()), ""
    except (NoEnvoy, OSError) as error:
        return "", str(error)
