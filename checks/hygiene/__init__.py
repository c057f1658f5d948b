"""Hygiene of an experiment's code: what makes a result hard to repeat or to believe."""
