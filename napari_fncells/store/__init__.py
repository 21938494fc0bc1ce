"""The journal of a picture: every edit on the disk within moments, locks, recovery."""
