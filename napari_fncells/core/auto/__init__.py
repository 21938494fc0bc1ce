"""The draft that chooses by itself: pieces of level sets, each judged whether it is a cell."""
