"""Objects in the tables, words and ages that kubectl prints."""
