"""ServiceEntry and WorkloadEntry."""
