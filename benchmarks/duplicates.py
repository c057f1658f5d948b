"""CPU time of the duplicate search, as a ratio to pandas doing the same.

    python benchmarks/duplicates.py                  sizes of the shipped export
    python benchmarks/duplicates.py 1000000 150000   other numbers of rows

The data imitate augmentation before a split: copies of one source row differ in a jittered first
column, and noise clipped to [0, 1] makes many copies of the rest equal. The peer is an inner
merge: for the exact stage on all columns, for a mask on the remaining ones. The peer's time for
all masks is that of one mask times their number. Both sides see the same frames, and the counts
of equal rows must agree.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

from audit.model.artifacts import SplitData, SplitRole, Splits
from audit.neighbours import kinship
from audit.neighbours.columns import encode, encode_targets
from audit.neighbours.matching import match, prepare


def augmented(n: int, random_state: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(random_state)
    parents = max(n // 26, 1)
    source = rng.integers(-100, 101, (parents, 20)) * 1.0
    parent = rng.integers(0, parents, n)
    values = np.clip(source[parent] + rng.normal(0, 0.5, (n, 20)), 0, 1)
    table = pd.DataFrame(values, columns=[f"p{i}" for i in range(20)])
    table.insert(0, "n", 9 + rng.normal(0, 0.1, n))
    table.insert(1, "k", rng.integers(4, 7, parents)[parent])
    table.insert(2, "m", rng.integers(2, 6, parents)[parent])
    return table, rng.lognormal(5, 2, parents)[parent]


def timed(function: Callable[[], object]) -> tuple[float, object]:
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def merged(train: pd.DataFrame, held_out: pd.DataFrame) -> int:
    columns = list(train.columns)
    return len(held_out.merge(train.drop_duplicates(), on=columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n_train", type=int, nargs="?", default=79_560)
    parser.add_argument("n_held_out", type=int, nargs="?", default=14_040)
    sizes = parser.parse_args()
    table, target = augmented(sizes.n_train + sizes.n_held_out)
    n = sizes.n_train
    train, held_out = table[:n].reset_index(drop=True), table[n:].reset_index(drop=True)
    groups = (held_out["k"].astype(str) + "," + held_out["m"].astype(str)).to_numpy()
    splits = Splits(
        SplitData(SplitRole.TRAIN, "train", train, target[:n], None, np.arange(n)),
        (
            SplitData(
                SplitRole.VALIDATION,
                "validation",
                held_out,
                target[n:],
                groups,
                np.arange(len(held_out)),
            ),
        ),
    )
    whole, found = timed(lambda: kinship(splits))
    pair = found.pairs[0]
    exact, one = timed(
        lambda: match(
            prepare(
                encode(train, held_out),
                n,
                len(held_out),
                encode_targets(target[:n], target[n:]),
                groups,
            )
        )
    )
    peer_exact, count = timed(lambda: merged(train, held_out))
    peer_mask, masked = timed(lambda: merged(train.drop(columns="n"), held_out.drop(columns="n")))
    assert count == one.rows.sum(), (count, one.rows.sum())
    assert [m.masked for m in pair.masked] == [("n",)]
    assert masked == pair.masked[0].rows.sum(), (masked, pair.masked[0].rows.sum())
    peer_whole = peer_exact + pair.tried * peer_mask
    print(f"{n:,} training rows, {len(held_out):,} held-out rows, {train.shape[1]} columns")
    print(f"equal rows: {count:,} exact, {masked:,} without n; {pair.tried} masks")
    print(f"exact stage, verified, with control: {exact:8.2f} CPU s")
    print(
        f"  pandas merge, no control:          {peer_exact:8.2f} CPU s, {peer_exact / exact:.1f}x"
    )
    print(f"all masks:                           {whole:8.2f} CPU s")
    print(
        f"  pandas merge per mask:             {peer_whole:8.1f} CPU s, {peer_whole / whole:.0f}x"
    )
    tracemalloc.start()
    kinship(splits)
    print(f"memory beside the input: {tracemalloc.get_traced_memory()[1] / 2**20:,.0f} MiB at most")


if __name__ == "__main__":
    main()
