"""What becomes of the tokens that a call carries."""
