"""What a person sees: text and tables, progress, source lines, and how a command ends."""
