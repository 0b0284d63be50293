"""SMI, read for those who come from it."""
