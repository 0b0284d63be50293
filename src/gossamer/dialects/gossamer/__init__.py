"""What the mesh reads of its own, where no standard says it."""
