"""A client for the tests: prints one line of JSON, what each call was answered.

`caller.py PROTOCOL ADDRESS PORT [COUNT [MARK]]`; an error is answered by its name.
"""

import errno
import json
import socket
import sys

SO_MARK = 36


def call(protocol: str, address: str, port: int, mark: int) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, kind) as client:
        client.settimeout(5)
        try:
            if mark:
                client.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
            client.connect((address, port))
            if protocol == "udp":
                client.send(b"hello")
            return client.recv(200).decode()
        except TimeoutError:
            return "ETIMEDOUT"
        except OSError as refused:
            return errno.errorcode[refused.errno or 0]


protocol, address, port = sys.argv[1:4]
count, mark = int((sys.argv[4:5] or "1")[0]), int((sys.argv[5:6] or "0")[0], 0)
print(json.dumps([call(protocol, address, int(port), mark) for _ in range(count)]))
