"""Random regular expressions, about half of them wrong somewhere."""

from __future__ import annotations

from random import Random

WORDS = (
    *("a", "b", "/api", "v1", "é", "ß", "0", "-", "_", " ", ".", ".*", "[^/]+", "$", "^", "|"),
    *(r"\d", r"\w+", r"\S*", r"\b", r"\B", r"\z", r"\Z", r"\A", r"\pL", r"\p{Greek}", r"\PN"),
    *(r"\x41", r"\x{10FFFF}", r"\x{110000}", r"\Qa.b\E", r"\Q", r"\C", r"\1", r"\e", r"\_", r"\é"),
    *("[a-z]", "[z-a]", "[]a]", "[^]", "[[:alpha:]]", "[[:foo:]]", r"[\d-z]", "[a", "]", "{", "}"),
    *("(", ")", "(?:", "(?i)", "(?i:", "(?U)", "(?x)", "(?P<n>", "(?<m>", "(?P=n)", "(?#c)"),
    *("(?=", "(?!", "(?<=", "(?<!", "(?>", "*", "+", "?", "*?", "++", "{2}", "{2,}", "{2,1}"),
    *("{,3}", "{0}", "{10}", "{100}", "{999}", "{1000}", "{1001}", "{1,1000}", "\\", "\n", "\t"),
)
PAIRS = (("(", ")"), ("(?:", "){3}"), ("(?P<x>", ")+"), ("[", "]"), ("(?i:", "){40}"), ("", "?"))


def drawn_pattern(rng: Random) -> str:
    """A few words in a row, some of them wrapped in pairs, so that many are well formed."""
    made = "".join(rng.choices(WORDS, k=rng.randrange(1, 7)))
    for before, behind in rng.choices(PAIRS, k=rng.randrange(3)):
        made = before + made + behind + rng.choice(WORDS)
    return made
