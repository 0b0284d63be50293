"""Rego, evaluated in this process by rego-cpp (`regopy`), the extra `gossamer[opa]`.

docs/features/ext_authz.md says which of Rego's built-in functions it lacks. One engine is one
policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from gossamer.opa.shapes import RegoPolicy

_ERROR = re.compile(
    r"\(error\s+(?:\d+:)?(?P<file>[^|\s]*)\|(?P<at>\d+)\|[^(]*\(errormsg\s+\d+:(?P<says>[^)]*)\)"
)
_PACKAGE = re.compile(r"^\s*package\s", re.MULTILINE)
_RESULT = "result"
_NO_SUCH_FUNCTION = "it calls a function that there is not, or gives what is not JSON"


class RegoMissing(Exception):
    """There is nothing to evaluate Rego with; the text says what to install."""


class RegoFailed(Exception):
    """A policy that cannot be compiled or evaluated; the text says why."""


def have_rego() -> bool:
    """Whether Rego can be evaluated here."""
    return find_spec("regopy") is not None


class Engine:
    """One policy, ready to be asked."""

    def __init__(self, policy: RegoPolicy) -> None:
        """Raises RegoMissing without the extra, RegoFailed where the policy is not Rego."""
        if not have_rego():
            raise RegoMissing("Rego needs the extra: pip install 'gossamer[opa]'")
        self._modules = policy.modules
        rego = import_module("regopy")
        self._error: type[Exception] = rego.RegoError
        self._rego = rego.Interpreter()
        self._rego.log_level = rego.LogLevel.NONE
        self._tried(lambda: self._fill(policy))

    def ask(self, query: str, asked: Any) -> Any:
        """The value of a reference such as `data.envoy.authz.allow` for that input; None where it
        is undefined. RegoFailed where it cannot be evaluated."""
        return self._tried(lambda: self._asked(query, asked))

    def _fill(self, policy: RegoPolicy) -> None:
        for name, text in policy.modules.items():
            if not _PACKAGE.search(text):
                raise RegoFailed(f"{name}:1: it does not begin with a package")
            self._rego.add_module(name, text)
        if policy.data:
            self._rego.add_data(policy.data)
        self._result("true")

    def _asked(self, query: str, asked: Any) -> Any:
        self._rego.set_input(asked)
        return self._result(query)

    def _result(self, query: str) -> Any:
        output = self._rego.query(f"{_RESULT} = {query}")
        if not output.ok():
            raise RegoFailed(f"{query} contradicts itself, or fails with an error of a function")
        return output.results[0].bindings.get(_RESULT) if output.results else None

    def _tried(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except self._error as error:
            raise RegoFailed(_in_a_line(error, self._modules)) from error
        except ValueError as error:
            raise RegoFailed(_NO_SUCH_FUNCTION) from error


def _in_a_line(error: Exception, modules: Mapping[str, str]) -> str:
    """The errors of rego-cpp, which come as a tree: where and what."""
    errors = [
        f"{each['file']}:{_line(modules.get(each['file'], ''), int(each['at']))}: {each['says']}"
        for each in _ERROR.finditer(str(error))
    ]
    return "; ".join(dict.fromkeys(errors)) or str(error)[:200]


def _line(text: str, at: int) -> int:
    return text.encode()[:at].count(b"\n") + 1
