"""The program shown at work, by hand or by itself."""
