"""The core kinds of Kubernetes that a mesh routes by."""
