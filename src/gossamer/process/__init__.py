"""What every long-running program needs of its host, whatever it does for the mesh."""
