"""What a host gets beside its proxies: names for its resolver, Rego for its open policy."""
