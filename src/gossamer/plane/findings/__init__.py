"""What there is to say of the objects in force, those that Envoy refused among them."""
