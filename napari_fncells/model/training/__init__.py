"""Training of the network: on simulated pictures without end, and on real ones with truth."""
