"""What `gossamer describe` says of an object, as lines."""
