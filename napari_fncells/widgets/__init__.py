"""Dock widgets: they build, connect and react; what is done lies below."""
