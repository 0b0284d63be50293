"""Who people are: the access file, the issuers it believes, and their ID tokens."""
