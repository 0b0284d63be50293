"""VirtualService, one file a stanza."""
