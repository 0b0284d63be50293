"""The lab's world: namespaces, wiring, addresses, and what a pod sees of the disk."""
