"""A caller with a certificate of its own making: `python trusting_client.py HOST PORT PEM-BASE64`.

Prints the status line of one request over mutual TLS, or `refused`.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
import sys


def main(host: str, port: str, encoded: str) -> None:
    """One request as the mesh's proxies make them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["istio-http/1.1"])
    chain = f"/proc/self/fd/{os.memfd_create('chain')}"
    with open(chain, "wb") as file:
        file.write(base64.b64decode(encoded))
    context.load_cert_chain(chain)
    request = f"GET /status/200 HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    try:
        with (
            socket.create_connection((host, int(port)), timeout=10) as plain,
            context.wrap_socket(plain) as tls,
        ):
            tls.sendall(request.encode())
            answer = tls.recv(4096)
    except (ssl.SSLError, ConnectionError) as error:
        print(repr(error), file=sys.stderr)
        answer = b""
    print(answer.partition(b"\r\n")[0].decode() or "refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
