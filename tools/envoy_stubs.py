"""Write type stubs of the installed Envoy messages, so that mypy knows their fields and enums.

The modules that xds-protos installs have no types, but their descriptors say all that the plugin
`protoc-gen-mypy` needs. So it is called directly: no protoc, no copy of Envoy's sources, and the
stubs are always those of the installed version.

    python tools/envoy_stubs.py .venv/stubs
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto

_DISTRIBUTION = "xds-protos"
_ROOT = "envoy"
_OLD_API = ("envoy", "api", "v2")
_TYPED_ELSEWHERE = "google/protobuf/"  # by types-protobuf


def main(folder: Path) -> None:
    """Write one `.pyi` for each message file, in a tree like that of the wheel."""
    for stub in _stubs(list(_dependencies_first())):
        path = folder / stub.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(stub.content, encoding="utf-8")


def _dependencies_first() -> Iterator[FileDescriptor]:
    """Every file of Envoy's API once, after those that it imports: protoc's order."""
    seen: set[str] = set()
    for name in _module_names():
        yield from _with_dependencies(import_module(name).DESCRIPTOR, seen)


def _module_names() -> Iterator[str]:
    for path in metadata.files(_DISTRIBUTION) or ():
        current = path.parts[0] == _ROOT and path.parts[:3] != _OLD_API
        if current and path.name.endswith("_pb2.py"):
            yield ".".join(path.with_suffix("").parts)


def _with_dependencies(file: FileDescriptor, seen: set[str]) -> Iterator[FileDescriptor]:
    if file.name in seen:
        return
    seen.add(file.name)
    for dependency in file.dependencies:
        yield from _with_dependencies(dependency, seen)
    yield file


def _stubs(files: list[FileDescriptor]) -> list[CodeGeneratorResponse.File]:
    names = [each.name for each in files if not each.name.startswith(_TYPED_ELSEWHERE)]
    request = CodeGeneratorRequest(
        proto_file=[FileDescriptorProto.FromString(each.serialized_pb) for each in files],
        file_to_generate=names,
        parameter="quiet",
    )
    plugin = Path(sys.executable).with_name("protoc-gen-mypy")
    output = subprocess.run(
        [plugin], input=request.SerializeToString(), stdout=subprocess.PIPE, check=True
    ).stdout
    response = CodeGeneratorResponse.FromString(output)
    if response.error:
        raise SystemExit(f"{plugin.name}: {response.error}")
    return list(response.file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
