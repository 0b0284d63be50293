"""Commands about identities: who was given which, who is refused."""
