"""Stand-ins for images that nothing else runs: where they listen and whom they call."""
