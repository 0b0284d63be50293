"""Bookinfo's four services: what they answer on the wire is theirs, how it is made is ours."""
