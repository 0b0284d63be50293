"""What of a call is compared, and values that stand for all that it can be.

Texts are looked at as languages (`automaton`), addresses as ranges: between the ends of the ranges
that policies name all addresses are alike. So the values meet every combination of comparisons that
there is. Of a subject that may have several values at once, a claim that is a list, the unions of
these combinations are there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from gossamer.explain.promises.automaton import (
    Automaton,
    Fragment,
    TooManyCombinations,
    characters,
)
from gossamer.explain.promises.formula import Comparison, SubjectKey
from gossamer.explain.promises.identities import IDENTITY, identity_domain
from gossamer.explain.promises.parts import any_of, either, one_after_another, run_of, text
from gossamer.explain.promises.search import Candidate, Candidates
from gossamer.model.policies.workload.authorization import Attribute

_PRINTABLE = sum(1 << code for code in range(0x21, 0x7F))
_UPPER = characters("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER = characters("abcdefghijklmnopqrstuvwxyz0123456789")
_DIGITS = characters("0123456789")
_HOST_NAME = one_after_another(any_of(_LOWER), run_of(any_of(_LOWER | characters(".-"))))
_PORT = one_after_another(text(":"), run_of(any_of(_DIGITS), 1))
_VALUE = run_of(any_of(_PRINTABLE), 1)

_DOMAINS: Mapping[str, Fragment] = {
    Attribute.PATH: one_after_another(text("/"), run_of(any_of(_PRINTABLE & ~characters("?#")))),
    Attribute.METHOD: one_after_another(any_of(_UPPER), run_of(any_of(_UPPER | characters("-")))),
    Attribute.HOST: one_after_another(_HOST_NAME, either(text(""), _PORT)),
}
_PREFERRED: Mapping[str, tuple[str, ...]] = {
    Attribute.PATH: ("/",),
    Attribute.METHOD: ("GET", "POST", "PUT", "DELETE"),
}
_ALWAYS = frozenset(_DOMAINS) | {IDENTITY[0]}
_SEVERAL = frozenset({Attribute.CLAIM.value, Attribute.AUDIENCE.value})
_MOST_UNIONS = 64

Network = IPv4Network | IPv6Network


class Subjects:
    """The comparisons that were asked for so far, by their subject."""

    def __init__(self, domains: tuple[str, ...], preferred: Mapping[SubjectKey, Sequence[str]]):
        self._domains, self._preferred = domains, preferred
        self._texts: dict[SubjectKey, dict[object, Fragment]] = {}
        self._ranges: dict[SubjectKey, list[Network]] = {}

    def of_text(self, subject: SubjectKey, name: object, language: Fragment) -> Comparison:
        """The comparison of a subject with a language, which `name` tells from others."""
        held = self._texts.setdefault(subject, {})
        held.setdefault(name, language)
        return Comparison(subject, list(held).index(name))

    def of_address(self, subject: SubjectKey, written: str) -> Comparison:
        """The comparison of an address with a range."""
        held, network = self._ranges.setdefault(subject, []), ip_network(written, strict=False)
        if network not in held:
            held.append(network)
        return Comparison(subject, held.index(network))

    def candidates(self) -> Candidates:
        """Values of every subject. Raises TooManyCombinations."""
        texts = {subject: self._of_texts(subject) for subject in self._texts}
        return {**texts, **{subject: self._of_ranges(subject) for subject in self._ranges}}

    def asked(self) -> tuple[SubjectKey, ...]:
        """The subjects that are compared with texts."""
        return tuple(self._texts)

    def met(self, subject: SubjectKey, value: str | None) -> int:
        """The comparisons that a text meets; one that is absent meets none."""
        return 0 if value is None else self._automaton(subject).met(value) >> 1

    def _automaton(self, subject: SubjectKey) -> Automaton:
        automaton = Automaton()
        automaton.add(self._domain(subject))
        for language in self._texts[subject].values():
            automaton.add(language)
        return automaton

    def _of_texts(self, subject: SubjectKey) -> tuple[Candidate, ...]:
        automaton = self._automaton(subject)
        wanted = (*self._preferred.get(subject, ()), *_PREFERRED.get(subject[0], ()))
        near = ((automaton.met(value), value) for value in wanted)
        every = (*((m, v) for m, v in near if m & 1), *automaton.combinations(0))
        absent = () if subject[0] in _ALWAYS else (Candidate(None, 0),)
        values = (*absent, *(Candidate(value, met >> 1) for met, value in every))
        return _once(_unions(values) if subject[0] in _SEVERAL else values)

    def _domain(self, subject: SubjectKey) -> Fragment:
        if subject == IDENTITY:
            return identity_domain(self._domains)
        return _DOMAINS.get(subject[0], _VALUE)

    def _of_ranges(self, subject: SubjectKey) -> tuple[Candidate, ...]:
        networks = self._ranges[subject]
        wanted = self._preferred.get(subject, ())
        values = wanted if subject[0] == Attribute.DESTINATION_IP else (*wanted, *_ends(networks))
        return _once(Candidate(value, _inside(value, networks)) for value in values)


def _once(values: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """One value for each combination of comparisons, the first."""
    by_met: dict[tuple[bool, int], Candidate] = {}
    for each in values:
        by_met.setdefault((each.value is None, each.met), each)
    return tuple(by_met.values())


def _unions(values: Sequence[Candidate]) -> Iterator[Candidate]:
    """The values, and lists of them that meet what none alone meets."""
    by_met = {each.met: each for each in values}
    waiting = [each for each in values if each.met]
    while waiting:
        one = waiting.pop()
        for other in tuple(by_met.values()):
            both = one.met | other.met
            if both not in by_met:
                by_met[both] = Candidate(f"{one.value},{other.value}", both)
                waiting.append(by_met[both])
        if len(by_met) > _MOST_UNIONS:
            raise TooManyCombinations
    yield from (each for each in values if each.value is None)
    yield from by_met.values()


def _ends(networks: Iterable[Network]) -> Iterator[str]:
    """An address of each stretch that no range divides."""
    for version, size in ((4, 32), (6, 128)):
        mine = [each for each in networks if each.version == version]
        starts = {0} | {int(each.network_address) for each in mine}
        starts |= {int(each.broadcast_address) + 1 for each in mine}
        for start in sorted(starts):
            if start < 2**size:
                cls = ip_address("0.0.0.0" if version == 4 else "::")
                yield str(type(cls)(start))


def _inside(value: str, networks: Sequence[Network]) -> int:
    address = ip_address(value)
    bits = (1 << at for at, each in enumerate(networks) if address in each)
    return sum(bits)
