"""Identities that are refused although their certificates are good: bans, and revocation lists."""
