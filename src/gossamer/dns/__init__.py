"""The mesh's names for those inside it: a small resolver that outlives plane and agent."""
