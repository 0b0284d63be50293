"""From what documents and platforms contribute to one mesh, at the cost of what changed."""
