"""The sockets by which a lab's edge reaches its gateways: a Unix socket for each port.

Only there is a PROXY header believed, which says who the client is. A socket in the proxy's own
folder is out of every pod's reach; a port would be open to all of them.
"""

from __future__ import annotations


def door_path(folder: str, port: int) -> str:
    """The socket of a port, in a folder whose sockets' names have at most ten characters."""
    return f"{folder}/in-{port}"
