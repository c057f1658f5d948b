"""Silencing findings on purpose: comments in the export, and a file of known findings. Pure."""
