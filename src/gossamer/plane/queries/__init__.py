"""Questions to the mesh that are computed from its present values."""
