"""Values that several dialects read alike: hosts, ports, headers, protocols."""
