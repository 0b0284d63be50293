"""Which lab and which pod a command means, and questions to their processes."""
