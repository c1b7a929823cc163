"""Sources of chance: the same for a part of a seed, and no other's."""

import torch

from inkdream.devices import generator_for


def drawn(seed, part):
    return torch.rand(99, generator=generator_for(seed, part))


def test_a_part_has_the_same_chance_each_time_and_no_other_has_it():
    parts = [(seed, part) for seed in (0, 1, 11, 2**40) for part in ("", "inks", "study", "1/inks")]
    found = [drawn(*each) for each in parts]
    for number, each in enumerate(parts):
        assert torch.equal(drawn(*each), found[number])
        assert not any(torch.equal(found[number], other) for other in found[:number])


def test_chance_is_that_of_runs_that_are_under_way():
    # A resumed run, and weights made by chance, must come out as they began.
    assert generator_for(7, "inks").initial_seed() == 0x8A5D0C8A8AED01
