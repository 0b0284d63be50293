"""fortio: an echo server and a load client in one program."""
