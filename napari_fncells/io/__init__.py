"""Image and annotation files."""
