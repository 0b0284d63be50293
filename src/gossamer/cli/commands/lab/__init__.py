"""Commands on a lab as a whole: its start and end, and what its processes are doing."""
