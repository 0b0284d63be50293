"""The rim of `gossamer check`: here everything is asked and read, once, and nothing is judged."""
