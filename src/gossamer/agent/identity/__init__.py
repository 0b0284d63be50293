"""Who the workloads of this host are, and whom they believe."""
