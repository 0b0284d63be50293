"""The road of a call through listeners, filter chains and clusters."""
