"""What certificates are signed with: made here, or handed in by whoever keeps the root."""
