"""The checker of shapes and types that the tests put around every function of the package."""

from beartype import BeartypeConf, beartype

# An int may stand where a float is asked for, as everywhere in Python (PEP 484).
check = beartype(conf=BeartypeConf(is_pep484_tower=True))
