"""Objects as kubectl's users name, choose and read them."""
