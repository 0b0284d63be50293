"""Commands on who may do what in a mesh, and on who did what."""
