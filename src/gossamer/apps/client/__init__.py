"""A small HTTP client, one connection at a time: HTTP/1.1 by h11, HTTP/2 by h2, TLS by ssl."""
