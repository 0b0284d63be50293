"""What an HTTP rule does to its requests besides routing them, one file a stanza."""
