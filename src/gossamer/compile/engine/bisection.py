"""Finding the culprits among suspects, by letting groups of them in and awaiting the verdict. Pure.

A group that is refused holds a culprit. It is halved and one half let in: if that is refused too,
it holds a culprit; if it is accepted, the other half does, with no need to ask. Halves of which
nothing is known are asked about together, last. So one culprit among a thousand is found in
eleven questions, and several are all found.
"""

from __future__ import annotations

from collections.abc import Sequence

from gossamer.model.origin import ObjectRef

Group = tuple[ObjectRef, ...]


class Bisection:
    """Suspects of one refused resource, the likeliest last.

    While `testing` is not empty, those of it are let in, all `withheld` are kept out, and the
    verdict is awaited; `culprits` grows until the trial is over.
    """

    def __init__(self, suspects: Sequence[ObjectRef]) -> None:
        self.suspects = frozenset(suspects)
        self.culprits: list[ObjectRef] = []
        self.testing: Group = ()
        self._other: Group = ()
        self._certain: list[Group] = [tuple(suspects)]
        self._unknown: Group = ()
        self._next()

    @property
    def over(self) -> bool:
        """Whether every suspect is released or a culprit."""
        return not self.testing

    @property
    def withheld(self) -> frozenset[ObjectRef]:
        """Those that are kept out for now: the culprits, and those whose turn has not come."""
        certain = (ref for group in self._certain for ref in group)
        return frozenset((*self.culprits, *self._other, *certain, *self._unknown))

    def accepted(self) -> None:
        """The group that was let in is innocent; then its other half is not."""
        if self._other:
            self._certain.append(self._other)
        self._next()

    def refused(self) -> None:
        """There is a culprit in the group that was let in; of its other half nothing is known."""
        self._unknown += self._other
        self._certain.append(self.testing)
        self._next()

    def _next(self) -> None:
        self.testing = self._other = ()
        while self._certain and not self.testing:
            group = self._certain.pop()
            if len(group) == 1:
                self.culprits.append(group[0])
            else:
                middle = (len(group) + 1) // 2
                self.testing, self._other = group[:middle], group[middle:]
        if not self.testing:
            self.testing, self._unknown = self._unknown, ()
