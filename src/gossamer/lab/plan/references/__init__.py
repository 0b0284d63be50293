"""What objects name and what is not there: reported by `up` and by `analyze` alike."""
