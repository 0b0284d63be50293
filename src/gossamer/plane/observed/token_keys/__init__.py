"""Keys of token issuers, fetched by the control plane."""
