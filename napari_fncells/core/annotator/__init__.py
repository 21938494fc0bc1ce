"""An annotator that is simulated: what it perceives, how its hand draws, what it has cost."""
