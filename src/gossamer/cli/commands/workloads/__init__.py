"""Commands on objects, workloads and pods of a running mesh."""
