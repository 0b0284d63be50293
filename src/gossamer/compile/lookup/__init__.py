"""Questions that several builders ask of the mesh, each answered in one place."""
