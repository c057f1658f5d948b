"""The results pages of the reference experiments, each written from the numbers of its run."""
