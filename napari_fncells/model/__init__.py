"""The learned draft: the network, its weights, and what it makes of a picture.

torch is imported by `cresunet` alone, which nothing imports before a model is used.
"""
