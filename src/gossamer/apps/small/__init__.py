"""Stand-ins of one file each."""
