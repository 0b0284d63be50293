"""DestinationRule, one file a stanza."""
