"""Numbers and commands of an SVG path's data, compiled. Grammar: SVG 2, section 9.3.9."""

from __future__ import annotations

from typing import no_type_check

import numpy as np

from inkdream.compiling import compiled

FINE, END, NO_NUMBER, NO_COMMAND, NO_MOVE, TOO_LARGE, TOO_MANY = range(7)

# No coordinate of a drawing is larger; beyond, differences of float64 lose a thousandth of a mm.
LARGEST = 1e9

A, C, H, L, M, Q, S, T, V, Z = (ord(letter) for letter in "ACHLMQSTVZ")
# How many numbers a command takes, by its upper case letter.
NUMBERS = np.zeros(256, np.int64)
for _letter, _count in zip("ACHLMQSTV", (7, 6, 1, 2, 2, 4, 4, 2, 1), strict=True):
    NUMBERS[ord(_letter)] = _count

_POWERS = 10.0 ** np.arange(23)
_DIGITS = 18


@compiled
@no_type_check
def read_segment(text, at, command, numbers):
    """Read the next segment.

    Args:
        text: (N,) uint8, ASCII.
        at: where to begin.
        command: the last one's letter, which holds if there is no other; 0 if there was none.
        numbers: (7,) is filled.

    Returns:
        The place behind it or of the problem, the command's letter, and the problem: END behind the
        last segment.
    """
    at = skip(text, at)
    if at == len(text):
        return at, command, END
    if is_command(text[at]):
        if command == 0 and text[at] & 0xDF != M:
            return at, command, NO_MOVE
        command = text[at]
        at += 1
        if command & 0xDF == Z:
            return at, command, FINE
    at, problem = _read_numbers(text, at, command, numbers)
    return at, command, problem


@compiled
@no_type_check
def skip(text, at):
    """Return the place of the next byte that is no separator."""
    while at < len(text) and (text[at] <= 32 or text[at] == 44):
        at += 1
    return at


@compiled
@no_type_check
def is_command(byte):
    """Return whether a byte is a command's letter, in either case."""
    kind = byte & 0xDF
    return 65 <= kind <= 90 and (NUMBERS[kind] > 0 or kind == Z)


@compiled
@no_type_check
def _read_numbers(text, at, command, numbers):
    """Read one command's numbers; return the place behind them and the problem."""
    wanted = NUMBERS[command & 0xDF]
    if wanted == 0:
        return at, NO_COMMAND
    is_arc = command & 0xDF == A
    for index in range(wanted):
        at = skip(text, at)
        if is_arc and index in (3, 4):
            # A flag is one digit; the next number may stand right behind it.
            if at == len(text) or (text[at] != 48 and text[at] != 49):
                return at, NO_NUMBER
            value, behind = float(text[at] - 48), at + 1
        else:
            value, behind = _number(text, at)
        if behind == at:
            return at, NO_NUMBER
        if abs(value) > LARGEST:
            return at, TOO_LARGE
        numbers[index] = value
        at = behind
    return at, FINE


@compiled
@no_type_check
def _number(text, at):
    """Return the number at a place, and the place behind it: the same place if there is none."""
    begun, size = at, len(text)
    is_negative = at < size and text[at] == 45
    if at < size and (text[at] == 45 or text[at] == 43):
        at += 1
    digits, shift, seen, is_fraction = np.int64(0), 0, 0, False
    while at < size:
        byte = text[at]
        if 48 <= byte <= 57:
            seen += 1
            if digits < 10 ** (_DIGITS - 1):
                digits = 10 * digits + (byte - 48)
                shift -= is_fraction
            else:
                shift += not is_fraction
        elif byte == 46 and not is_fraction:
            is_fraction = True
        else:
            break
        at += 1
    if seen == 0:
        return 0.0, begun
    if at + 1 < size and text[at] & 0xDF == 69:
        power, behind = _exponent(text, at + 1)
        if behind > at + 1:
            shift, at = shift + power, behind
    value = float(digits)
    if digits != 0 and shift != 0:
        value = _scaled(value, shift)
    return (-value if is_negative else value), at


@compiled
@no_type_check
def _exponent(text, at):
    """Return a whole number of at most four figures, and the place behind it."""
    begun, size = at, len(text)
    is_negative = text[at] == 45
    if text[at] == 45 or text[at] == 43:
        at += 1
    first, power = at, 0
    while at < size and 48 <= text[at] <= 57:
        power = min(9999, 10 * power + (text[at] - 48))
        at += 1
    if at == first:
        return 0, begun
    return (-power if is_negative else power), at


@compiled
@no_type_check
def _scaled(value, shift):
    """Return value * 10^shift: rounded once for up to 15 digits and 22 places (Clinger 1990)."""
    if -22 <= shift < 0:
        return value / _POWERS[-shift]
    if 0 <= shift <= 22:
        return value * _POWERS[shift]
    if shift < -300:
        return 0.0
    return value * 10.0 ** min(shift, 300)
