"""The outline of the cell under a click: what is seen, proposed, weighed and learned."""
