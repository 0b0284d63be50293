"""What carries traffic: services, routes, gateways and destinations."""
