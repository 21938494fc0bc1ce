"""Turn draft cell masks of fluorescence pictures into ground truth."""

__version__ = "0.1.0"
