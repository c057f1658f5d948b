"""The ablation study: which part of Run 7 does what.

One command trains every combination of augmentation, feature set and loss weights with several
seeds, and writes a report whose sentences follow from the measured intervals. The modules, from
the bottom: :mod:`grid` says what is compared, :mod:`store` keeps the results, :mod:`effects`
computes intervals, :mod:`prepare` makes the data of a seed, :mod:`train` trains one cell,
:mod:`study` runs them all, :mod:`report` and :mod:`figure` show the results, :mod:`command` is the
command line.
"""
