"""The access file: roles and whose they are, read as strictly as a manifest is.

    roles:
    - role: editor
      namespaces: [team-a]
      hosts: ["*.a.example.com"]      # outside hosts that it may claim for everybody
      groups: [team-a-developers]     # of ID tokens; users: [...] names single ones
      uids: [1001]                    # users of this machine
    issuers:
    - issuer: https://login.example.com
      audiences: [gossamer]
      jwksFile: login-keys.json       # beside this file; fetched from the issuer without it
      userClaim: email                # sub without it
      groupsClaim: groups

An error anywhere leaves the whole file out: half of its rules might be wider than all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Source, quoted
from gossamer.manifests.refusal import DocumentRefused, refusal
from gossamer.manifests.yaml.caps import CAPS
from gossamer.manifests.yaml.parse import parse
from gossamer.manifests.yaml.split import DocumentText, decode
from gossamer.model.finding import Finding
from gossamer.model.ids import EVERYWHERE, ROOT_NAMESPACE
from gossamer.plane.access.actor import Role, RoleGrant
from gossamer.plane.access.people.issuer_keys import NoUsableKeys, id_token_keys
from gossamer.plane.access.people.rules import AccessRules, PublicKey, RoleAssignment, TokenIssuer

LARGEST_FILE = 2**20
_EFFECT = "nothing of the file is used; its previous version stays in effect"
_SHAPE = "Write  roles: [{role: viewer, namespaces: [team-a], groups: [team-a]}]"

ReadBeside = Callable[[str], bytes]
"""A file beside the access file, by its name. Raises OSError or ValueError with the reason."""


def read_access_file(
    raw: bytes, file: str, beside: ReadBeside
) -> tuple[AccessRules, tuple[Finding, ...]]:
    """Its rules, and what is wrong in it, with lines; with an error there are no rules."""
    findings: list[Finding] = []
    try:
        part = DocumentText(decode(raw, CAPS), 1)
        value, lines = parse(part)
        if not isinstance(value, Mapping):
            raise DocumentRefused(1, "not-a-manifest", "the access file is not a mapping", _SHAPE)
    except DocumentRefused as refused:
        return AccessRules(), (refusal(refused, file, 0, ""),)
    manifest = Manifest("", "AccessFile", "", file, body=value, source=Source(file, 0, lines))
    with Fields(manifest, (), findings) as top:
        issuers = tuple(filter(None, (_issuer(each, beside) for each in top.each("issuers"))))
        names = tuple(each.issuer for each in issuers)
        roles = tuple(filter(None, (_role(each, names) for each in top.each("roles"))))
    rules = AccessRules() if findings else AccessRules(roles, issuers)
    return rules, tuple(findings)


def _role(fields: Fields, issuers: tuple[str, ...]) -> RoleAssignment | None:
    role = fields.one_of("role", {each.value: each for each in Role}, required=True)
    namespaces, hosts = fields.strings("namespaces"), fields.strings("hosts")
    users, groups = fields.strings("users"), fields.strings("groups")
    uids, issuer = tuple(_uids(fields)), fields.string("issuer", "")
    if not (users or groups or uids):
        _report(fields, "nobody has this role", "Name users, groups or uids", "role")
    if (users or groups) and not issuer:
        issuer = issuers[0] if len(issuers) == 1 else ""
        if not issuer:
            what = f"there are {len(issuers)} issuers, so whose users and groups these are is open"
            _report(fields, what, "Name the issuer here, and below issuers", "issuer")
    elif issuer and issuer not in issuers:
        _report(fields, f"{quoted(issuer)} is not below issuers", "Declare it there", "issuer")
    for wrong, remedy, field in _faults(role, namespaces, hosts):
        _report(fields, wrong, remedy, field)
    if role is None:
        return None
    where = (EVERYWHERE,) if role is Role.OPERATOR else tuple(dict.fromkeys(namespaces))
    lower = tuple(host.lower() for host in hosts)
    return RoleAssignment(RoleGrant(role, where, lower), uids, users, groups, issuer)


def _faults(
    role: Role | None, namespaces: tuple[str, ...], hosts: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    if role is Role.OPERATOR and (namespaces or hosts):
        yield "an operator's role holds everywhere", "Leave namespaces and hosts out", "role"
    if role in (Role.EDITOR, Role.VIEWER) and not namespaces:
        yield f"the role {role} holds in no namespace", "Name one, or '*' for all", "namespaces"
    if role is Role.VIEWER and hosts:
        yield "a viewer claims no hosts", "Leave them out, or make it an editor", "hosts"
    if role is Role.EDITOR and ROOT_NAMESPACE in namespaces:
        what = f"what is in {ROOT_NAMESPACE} holds for the whole mesh"
        yield what, "Make it an operator", "namespaces"


def _uids(fields: Fields) -> Iterator[int]:
    given = fields.value("uids")
    for each in given if isinstance(given, tuple) else () if given is None else (given,):
        if isinstance(each, int) and not isinstance(each, bool) and 0 <= each < 2**32:
            yield int(each)
        else:
            _report(fields, f"{quoted(each)} is not a uid", "Write uids: [1001]", "uids")


def _issuer(fields: Fields, beside: ReadBeside) -> TokenIssuer | None:
    issuer = fields.string("issuer", required=True)
    audiences = fields.strings("audiences", required=True)
    name = fields.string("jwksFile")
    user, groups = fields.string("userClaim", "sub"), fields.string("groupsClaim", "groups")
    if issuer and not issuer.startswith("https://"):
        what = f"{quoted(issuer)} is not an https URL, which every OpenID provider has"
        _report(fields, what, "Write what its tokens have as iss", "issuer")
    keys = _keys(fields, name, beside) if name else ()
    usable = issuer and (keys or not name)
    return TokenIssuer(issuer, audiences, keys, user, groups) if issuer and usable else None


def _keys(fields: Fields, name: str, beside: ReadBeside) -> tuple[PublicKey, ...]:
    try:
        return id_token_keys(beside(name))
    except (NoUsableKeys, OSError, ValueError) as error:
        remedy = "Put the issuer's key set there (its jwks_uri), owned by you or root, mode 0644"
        _report(fields, f"the key set {name} {error}", remedy, "jwksFile")
        return ()


def _report(fields: Fields, what: str, remedy: str, field: str) -> None:
    fields.report(what, _EFFECT, remedy, field=field, code="unusable-access-file")
