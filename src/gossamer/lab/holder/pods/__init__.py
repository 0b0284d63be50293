"""Running pods: sandbox, network, containers, one after another and back."""
