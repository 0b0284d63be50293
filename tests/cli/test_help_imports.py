"""`gossamer --help` answers at once: nothing is imported that it does not need."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import sys
sys.argv = ["gossamer", "--help"]
from gossamer.cli.main import main
try:
    main()
except SystemExit:
    pass
print("MODULES", *sorted(sys.modules))
"""

LIGHT = {"gossamer", "gossamer.cli", "gossamer.cli.main", "gossamer.cli.terminal"} | {
    "gossamer.cli.error",
    "gossamer.cli.terminal.output",
    "gossamer.process",
    "gossamer.process.visible",
}
HEAVY = {"asyncio", "cryptography", "envoy", "google", "grpc", "http", "rich", "socket", "ssl"} | {
    "subprocess",
    "yaml",
}


def test_help_imports_no_lab_no_client_and_no_yaml() -> None:
    """Only click and the command line's own table are loaded before a command is known."""
    ran = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True)
    assert "Run manifests as a local mesh." in ran.stdout
    modules = ran.stdout.rpartition("MODULES ")[2].split()
    assert {name for name in modules if name.partition(".")[0] == "gossamer"} == LIGHT
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()


READERS = (
    "insight.traffic",
    "insight.mtls",
    "lab.status",
    "workloads.exec",
    "workloads.get",
    "workloads.scale",
)


def test_commands_that_only_read_answers_import_no_types_for_them() -> None:
    """They take the JSON of plane and holder as it is: msgspec would be a tenth of their time."""
    program = "import sys, importlib\n" + "".join(
        f"importlib.import_module('gossamer.cli.commands.{name}')\n" for name in READERS
    )
    program += "print({'msgspec', 'grpc', 'google'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "set()", ran.stderr
