"""The holder: parent of a lab's processes, and the controller of its pods. Imports no gRPC."""
