"""Files of weights: what is in them is read, what is not asked for is left out."""

import hashlib

import pytest
import torch
from safetensors.torch import save_file

from inkdream.errors import InputError
from inkdream.networks.weights import digest, read_tensors


def test_tensors_are_read_by_how_their_names_begin(tmp_path):
    path = tmp_path / "a.safetensors"
    saved = {
        "eye.a": torch.arange(6.0).reshape(2, 3),
        "ear.a": torch.ones(2),
        "eye.b": torch.ones(1),
    }
    save_file(saved, path, {"made": "by hand"})
    found, said = read_tensors(path)
    assert said == {"made": "by hand"}
    assert found.keys() == saved.keys()
    assert all(torch.equal(found[name], saved[name]) for name in saved)
    assert read_tensors(path, ("eye.",))[0].keys() == {"eye.a", "eye.b"}
    save_file(saved, path)
    assert read_tensors(path)[1] in ({}, {"format": "pt"})


def test_what_is_no_file_of_tensors_is_refused_by_name(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"a\.safetensors: cannot be read as safetensors"):
        read_tensors(tmp_path / "a.safetensors")
    with pytest.raises(InputError, match="cannot be read"):
        digest(tmp_path / "missing")


def test_a_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"some bytes")
    assert digest(tmp_path / "a") == hashlib.sha256(b"some bytes").hexdigest()
