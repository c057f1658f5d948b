"""Sources of the reference notebooks, in percent format.

They are text to be assembled into ``.ipynb`` files and executed by Jupyter, never imported: what
stands before the first ``# %%`` is for linters and does not go into the notebook.
"""
