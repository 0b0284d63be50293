"""How this machine gets to pods: which Services are offered, and where a forward leads."""
