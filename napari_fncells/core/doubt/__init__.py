"""How doubtful the cells of a mask are, why, and in which order they are best looked at."""
