"""Gateway API: Gateways, HTTPRoutes for gateways and for services, ReferenceGrants."""
