"""Compiling one resource with every read noted, and what follows from the notes."""
