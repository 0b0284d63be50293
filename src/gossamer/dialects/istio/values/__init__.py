"""Values of single fields as Istio writes them."""
