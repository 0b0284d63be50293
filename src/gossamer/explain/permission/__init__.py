"""Who may call whom: the authorization of the mesh asked about workloads, not about one call."""
