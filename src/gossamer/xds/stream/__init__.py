"""One delta stream: subscriptions, ordering, batches, flow control."""
