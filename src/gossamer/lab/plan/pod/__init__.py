"""One pod's plan: containers, environment, probes, volumes, proxy."""
