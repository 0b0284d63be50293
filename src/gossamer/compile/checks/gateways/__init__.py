"""Checks of gateways: ports, certificates, Services in front."""
