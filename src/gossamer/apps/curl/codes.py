"""curl's exit codes for what can go wrong, and its words for the variables of `-w`."""

from __future__ import annotations

EXIT = {
    "scheme": 1,
    "url": 3,
    "resolve": 6,
    "connect": 7,
    "partial": 18,
    "status": 22,
    "write": 23,
    "timeout": 28,
    "connect-timeout": 28,
    "tls": 35,
    "redirects": 47,
    "empty": 52,
    "reset": 56,
    "protocol": 56,
    "certificate": 60,
    "stream": 92,
    "request": 43,
}
USAGE = 2
FAILED_STATUS = 400
