"""Stand-in applications: what well-known images answer, as small local processes.

A lab has no containers, so a pod's image is answered by one of these: the Bookinfo services,
httpbin, helloworld, tcp-echo, fortio, Online Boutique's names, and clients (`curl`, `load`,
`grpc-call`). Each runs as `python -m gossamer.apps NAME [args]` and reads the environment
variables, arguments and ports that its original reads. `images.stand_in` chooses by image name.
"""
