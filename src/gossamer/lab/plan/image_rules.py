"""What lab.yaml says of images: which command or stand-in runs for those that a glob means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct

STAND_IN = "stand-in"
"""In the place of a command: the stand-in for any image."""


class ImageRule(Struct, frozen=True):
    """One entry of `images`. `ports` are (number, TCP or UDP); `calls` are for stand-ins."""

    glob: str
    run: str
    ports: tuple[tuple[int, str], ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def names_no_image(self) -> bool:
        """Whether it means whatever image there is, of all registries or of one."""
        return re.fullmatch(r"[*?:@]+", self.glob.rpartition("/")[2]) is not None

    @property
    def is_stand_in(self) -> bool:
        """Whether a stand-in runs, not a command."""
        return self.run.strip() == STAND_IN

    @property
    def key(self) -> str:
        """What must make new pods when it changes."""
        return f"{self.run} {self.ports} {self.calls}"

    def matches(self, image: str) -> bool:
        """A glob means the whole reference, or what follows its last slash, tag or not."""
        last = image.rpartition("/")[2]
        whole = image.partition("@")[0]
        untagged = whole if ":" not in whole.rpartition("/")[2] else whole.rpartition(":")[0]
        candidates = (image, untagged, last, last.partition("@")[0].partition(":")[0])
        return any(fnmatchcase(candidate, self.glob) for candidate in candidates)


def rule_for(image: str, rules: Iterable[ImageRule], *, fallback: bool) -> ImageRule | None:
    """The first rule that means an image; with `fallback` of those that name no image."""
    return next((r for r in rules if r.names_no_image is fallback and r.matches(image)), None)
