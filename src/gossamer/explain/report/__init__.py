"""What is reported of a call: steps, policies, shadowed objects, differences."""
