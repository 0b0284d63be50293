"""The mesh's root is exchanged while it runs: the plane's part of it."""
