"""Why calls failed: what the lines of proxies' access logs mean, in words."""
