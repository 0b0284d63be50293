"""Who is connected: admission, proxies and agents, and the plane's own certificate."""
