"""The xDS protocol (delta ADS), spoken as a server and as a client; it knows no mesh."""
