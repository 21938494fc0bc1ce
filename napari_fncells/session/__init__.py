"""Open, draft, correct, export as plain calls: no Qt, no napari."""
