"""What the holder can be asked, and what it answers."""
