"""The ways of the simulated annotator; see `viewer.annotator` for the rules it keeps to."""
