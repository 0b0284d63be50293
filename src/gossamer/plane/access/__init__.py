"""Who may ask the plane for what: identities, roles, what each may see and change, the audit."""
