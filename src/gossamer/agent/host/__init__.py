"""What the agent gets for its host beside proxies: names for the resolver, Rego to decide by."""
