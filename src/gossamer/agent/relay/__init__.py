"""Between the Envoys of this host and the plane: one relay a proxy, last good kept on disk."""
