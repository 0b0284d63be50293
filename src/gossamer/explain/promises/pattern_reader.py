"""Regular expressions of RE2 as languages: texts that match as a whole.

Read are characters, classes, groups, alternatives and repetitions, `^` at the beginning and `$` at
the end. What looks at places (`\\b`) or changes the reading (flags) is not, and Unreadable says so:
nothing is proven about it.
"""

from __future__ import annotations

from gossamer.explain.promises.automaton import EVERY, Characters, Fragment, characters
from gossamer.explain.promises.parts import any_of, either, one_after_another, run_of, text

_DIGITS = characters("0123456789")
_WORD = _DIGITS | characters("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE = characters("\t\n\f\r ")
_CLASSES = {
    "d": _DIGITS,
    "w": _WORD,
    "s": _SPACE,
    "D": EVERY & ~_DIGITS,
    "W": EVERY & ~_WORD,
    "S": EVERY & ~_SPACE,
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a"}
_ANY = EVERY & ~characters("\n")
_MOST_TIMES = 1000


class Unreadable(Exception):
    """A regular expression that is more than a set of texts, or is not read here."""


def regex(pattern: str) -> Fragment:
    """The texts that a pattern matches from end to end. Raises Unreadable."""
    reader = _Reader(pattern)
    language = reader.alternatives()
    if reader.left:
        raise Unreadable(pattern)
    return language


class _Reader:
    """A pattern, read from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern, self._at, self._depth = pattern, 0, 0

    @property
    def left(self) -> str:
        """What is not read yet."""
        return self._pattern[self._at :]

    def alternatives(self) -> Fragment:
        """Sequences with `|` between them."""
        parts = [self._sequence()]
        while self._takes("|"):
            parts.append(self._sequence())
        return either(*parts) if len(parts) > 1 else parts[0]

    def _sequence(self) -> Fragment:
        parts: list[Fragment] = []
        while self.left and self.left[0] not in "|)":
            parts.append(self._repeated(self._piece(bool(parts))))
        return one_after_another(*parts)

    def _piece(self, begun: bool) -> Fragment:
        one = self._next()
        if one == "(":
            return self._group()
        if one == "[":
            return any_of(self._set())
        if one == ".":
            return any_of(_ANY)
        if one == "\\":
            return any_of(self._escaped())
        if (one == "^" and not begun and not self._depth) or (one == "$" and not self.left):
            return text("")
        if one in "^$*+?":
            raise Unreadable(self._pattern)
        return any_of(self._one(one))

    def _group(self) -> Fragment:
        if self._takes("?"):
            if self._takes("P<") or self._takes("<"):
                self._until(">")
            elif not self._takes(":"):
                raise Unreadable(self._pattern)
        self._depth += 1
        inside = self.alternatives()
        self._depth -= 1
        if not self._takes(")"):
            raise Unreadable(self._pattern)
        return inside

    def _repeated(self, part: Fragment) -> Fragment:
        least, most = self._times()
        self._takes("?")  # lazy or not, the texts are the same
        if self.left[:1] in ("*", "+", "?"):
            raise Unreadable(self._pattern)
        if (least, most) == (1, 1):
            return part
        if most is None:
            return run_of(part, least)
        maybe = either(part, text(""))
        return one_after_another(*[part] * least, *[maybe] * (most - least))

    def _times(self) -> tuple[int, int | None]:
        for sign, times in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._takes(sign):
                return times
        inside, closed, _ = self.left[1:].partition("}")
        low, comma, high = inside.partition(",")
        counts = low.isdecimal() and (not high or high.isdecimal())
        if not (self.left.startswith("{") and closed and counts):
            return 1, 1
        self._at += len(inside) + 2
        most = (int(high) if high else None) if comma else int(low)
        if max(int(low), most or 0) > _MOST_TIMES:
            raise Unreadable(self._pattern)
        return int(low), most

    def _set(self) -> Characters:
        negated = self._takes("^")
        inside: Characters = 0
        first = True
        while first or not self.left.startswith("]"):
            first = False
            if self.left.startswith("[:"):
                raise Unreadable(self._pattern)
            inside |= self._range()
        self._at += 1
        return EVERY & ~inside if negated else inside

    def _range(self) -> Characters:
        low = self._member()
        if self.left.startswith("-") and self.left[1:2] not in ("]", ""):
            self._at += 1
            high = self._member()
            first, last = low.bit_length() - 1, high.bit_length() - 1
            if low != 1 << first or high != 1 << last:
                raise Unreadable(self._pattern)
            return sum(1 << code for code in range(first, last + 1))
        return low

    def _member(self) -> Characters:
        one = self._next()
        return self._escaped() if one == "\\" else self._one(one)

    def _escaped(self) -> Characters:
        one = self._next()
        if one in _CLASSES:
            return _CLASSES[one]
        if one in _CONTROLS:
            return characters(_CONTROLS[one])
        if one.isalnum():
            raise Unreadable(self._pattern)
        return self._one(one)

    def _one(self, character: str) -> Characters:
        if ord(character) > 127:  # several bytes to Envoy, which are not put together here
            raise Unreadable(self._pattern)
        return characters(character)

    def _next(self) -> str:
        if not self.left:
            raise Unreadable(self._pattern)
        self._at += 1
        return self._pattern[self._at - 1]

    def _takes(self, sign: str) -> bool:
        taken = self._pattern.startswith(sign, self._at)
        self._at += len(sign) if taken else 0
        return taken

    def _until(self, sign: str) -> None:
        while self._next() != sign:
            pass
