"""How an app listens: plain TCP, HTTP/1.1 and HTTP/2 on one port, until it is asked to stop."""
