"""What Envoy demands of a message before it takes it, as its descriptors say (`validate.rules`)."""
