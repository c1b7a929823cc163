"""Classes are found by their names, whichever network knows them."""

import pytest

from inkdream.class_names import classes_of_networks, find_class, matching_classes
from inkdream.errors import InputError
from inkdream.networks.loom import Loom


def test_every_class_is_found_in_a_network_that_has_it() -> None:
    for names in classes_of_networks().values():
        for name in names:
            network, _, rest = find_class(name).partition("/class/")
            assert rest in classes_of_networks()[network]
            assert rest.lower() == name.lower()


def test_names_of_loom_are_those_of_its_logits() -> None:
    assert classes_of_networks()["loom"] == Loom().layers[-1].labels


@pytest.mark.parametrize("word", ["Hummingbird", "hummingbird", " HUMMINGBIRD "])
def test_case_does_not_matter(word: str) -> None:
    assert find_class(word) == "efficientnet_lite0/class/hummingbird"


def test_spaces_hyphens_and_underscores_are_alike() -> None:
    assert find_class("great_white-shark") == "efficientnet_lite0/class/great white shark"


def test_part_of_names_lists_them_and_a_slip_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="golden retriever"):
        find_class("retriever")
    with pytest.raises(InputError, match="Did you mean 'hummingbird'"):
        find_class("humingbird")


def test_matching_lists_by_network() -> None:
    assert "hummingbird" in matching_classes("bird")["efficientnet_lite0"]
    assert matching_classes("no such thing") == {}
