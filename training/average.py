"""Averages the weights of two checkpoints of one run: `python -m training.average early.pt late.pt --out mean.pt`.

The mean of weights from one run often does better than either where training pictures are few.

Source:
    Izmailov et al., Averaging weights leads to wider optima and better generalization, UAI 2018.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def average(one: Path, other: Path, out: Path) -> Path:
    """Write the mean of two checkpoints' averaged weights in half precision, as `training/kept` has them; give `out`.

    Raises:
        ValueError: They are not of one shape.
    """
    first, second = (
        torch.load(each, map_location="cpu", weights_only=True)["averaged"] for each in (one, other)
    )
    if {key: value.shape for key, value in first.items()} != {
        key: value.shape for key, value in second.items()
    }:
        raise ValueError(f"{one.name} and {other.name} are not of one network")
    mean = {
        key: ((value.float() + second[key].float()) / 2).half()
        if value.dtype.is_floating_point
        else second[key]
        for key, value in first.items()
    }
    torch.save({"averaged": mean}, out)
    return out


def main() -> None:
    """Average from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    print(average(given.one, given.other, given.out))


if __name__ == "__main__":
    main()
