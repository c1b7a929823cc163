"""Parts of an atlas for arrays of jobs: `--shard I/N`, or what a scheduler says in the environment.

Slurm says SLURM_ARRAY_TASK_ID with _MIN, _STEP and _COUNT (sbatch's manual, "output environment
variables"); AWS Batch AWS_BATCH_JOB_ARRAY_INDEX, from 0, and AWS_BATCH_JOB_ARRAY_SIZE; an indexed
Job of Kubernetes JOB_COMPLETION_INDEX, from 0, but not how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from inkdream.errors import InputError, shorten

_SHARD = re.compile(r"(\d{1,6}|auto)(?:/(\d{1,6}))?")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """Each `of`-th tile, from the `index`-th on, counted from 0."""

    index: int = 0
    of: int = 1

    def part(self, items: Sequence[Item]) -> list[Item]:
        """Return this shard's items: no two shards have one in common, all have all of them.

        >>> Shard(1, 3).part("abcdefg")
        ['b', 'e']
        """
        return list(items[self.index :: self.of])


def shard_of(words: str | None, environment: Mapping[str, str]) -> Shard:
    """Return the shard that `--shard` names: '2/8', 'auto' or 'auto/8'; all if it names none.

    >>> shard_of("2/8", {})
    Shard(index=2, of=8)
    >>> slurm = {"ID": "5", "MIN": "1", "COUNT": "4", "STEP": "2"}
    >>> shard_of("auto", {f"SLURM_ARRAY_TASK_{key}": word for key, word in slurm.items()})
    Shard(index=2, of=4)

    Args:
        words: what the flag says.
        environment: variables, where the words leave something to them.

    Raises:
        InputError: if there is no such shard, or nothing says which it is.
    """
    if words is None:
        return Shard()
    match = _SHARD.fullmatch(words.strip())
    if not match or (match[1] != "auto" and not match[2]):
        raise InputError(f"--shard {shorten(words)}: write I/N, such as 0/8, or auto, or auto/8")
    count = int(match[2]) if match[2] else 0
    if match[1] == "auto":
        index, known = _from(environment)
        if count and known and count != known:
            raise InputError(f"--shard {words}: the array has {known} jobs, not {count}")
        count = count or known
        if not count:
            raise InputError(
                "--shard auto: Kubernetes says which job this is, but not of how many; write "
                "auto/N, with the Job's completions for N"
            )
    else:
        index = int(match[1])
    if not 0 <= index < count:
        raise InputError(
            f"--shard {shorten(words)}: there is no shard {index} of {count}; they are counted "
            f"from 0 to {max(count - 1, 0)}"
        )
    return Shard(index, count)


def _from(environment: Mapping[str, str]) -> tuple[int, int]:
    """Return the number of this job in its array, from 0, and of how many; 0 if that is not told.

    Raises:
        InputError: if there is no array.
    """

    def number(name: str, usual: int = 0) -> int:
        word = environment.get(name, "")
        if word and not word.isdecimal():
            raise InputError(f"--shard auto: {name} = {shorten(word)!r} is no number")
        return int(word) if word else usual

    if "SLURM_ARRAY_TASK_ID" in environment:
        place = number("SLURM_ARRAY_TASK_ID") - number("SLURM_ARRAY_TASK_MIN")
        index, rest = divmod(place, max(1, number("SLURM_ARRAY_TASK_STEP", 1)))
        if rest:
            raise InputError("--shard auto: this array's numbers are no series; write --shard I/N")
        return index, number("SLURM_ARRAY_TASK_COUNT")
    if "AWS_BATCH_JOB_ARRAY_INDEX" in environment:
        return number("AWS_BATCH_JOB_ARRAY_INDEX"), number("AWS_BATCH_JOB_ARRAY_SIZE")
    if "JOB_COMPLETION_INDEX" in environment:
        return number("JOB_COMPLETION_INDEX"), 0
    raise InputError(
        "--shard auto: no array of jobs is known here (of Slurm, AWS Batch or Kubernetes); write "
        "--shard I/N, such as 0/8"
    )
