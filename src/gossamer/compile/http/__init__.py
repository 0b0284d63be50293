"""How HTTP connections behave: versions, idle times, missing answers."""
