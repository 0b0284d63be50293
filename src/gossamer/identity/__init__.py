"""Who is who: SPIFFE identities, the mesh's own authority, and who may ask it for what."""
