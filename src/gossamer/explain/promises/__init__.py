"""Promises of who may call whom, decided for every call at once over a mesh's policies."""
