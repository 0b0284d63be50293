"""Trust between domains: what a mesh tells others of its roots, and what it takes from them."""
