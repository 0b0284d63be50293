"""Evidence of who speaks the mesh's TLS and who does not, with when it was seen."""
