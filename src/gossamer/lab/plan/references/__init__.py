"""What objects name and what is not there: told by `up` and by `analyze` alike."""
