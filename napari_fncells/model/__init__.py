"""The learned draft: the network, its weights, and what it makes of a picture.

torch and OpenVINO are imported at the first use of a model, and either is enough for drafts.
"""
