"""What is told of a call: steps, policies, shadowed objects, differences."""
