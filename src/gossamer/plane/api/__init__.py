"""The plane's HTTP API: it translates, the plane answers."""
