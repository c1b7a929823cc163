"""The passes of `compose`, compiled: bands of rows, each by one thread.

Maps of preferences are as large as the picture or half as large, both ways; those are drawn out in
straight lines between the centres of their px, as torch's bilinear interpolation does.

Legend: K inks, H W px of the picture, h w of the maps, B bands. Rows of maps are (K, W).
"""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np

from inkdream.raster.lanes import kernel

# 2^f on [0, 1), by its Taylor series in f ln 2: within 1e-6 of the value.
_LOG2_E = np.float32(1.4426950408889634)
_C1, _C2, _C3, _C4, _C5, _C6, _C7 = (
    np.float32(0.6931471805599453),
    np.float32(0.2402265069591007),
    np.float32(0.05550410866482158),
    np.float32(0.009618129107628477),
    np.float32(0.0013333558146428441),
    np.float32(0.0001540353039338161),
    np.float32(1.5252733804059841e-05),
)
# Below this power of 2, a share is 0 beside the largest one.
_LEAST = np.float32(-120.0)
_NEAR, _FAR, _ONE = np.float32(0.75), np.float32(0.25), np.float32(1.0)


@kernel
@no_type_check
def _place(index, count):
    """Return the two places of a row half as long between which a place lies, near one first."""
    near = index // 2
    far = near + 1 if index % 2 else near - 1
    return near, min(max(far, 0), count - 1)


@kernel
@no_type_check
def _draw_out(maps, row, times, line):
    """Write a row of the picture's preferences, from maps that are 1 or 2 times smaller."""
    inks, width = line.shape
    if times == 1:
        for k in range(inks):
            for x in range(width):
                line[k, x] = maps[k, row, x]
        return
    count = maps.shape[2]
    near, far = _place(row, maps.shape[1])
    mixed = np.empty(count, np.float32)
    for k in range(inks):
        one, other, target = maps[k, near], maps[k, far], line[k]
        for x in range(count):
            mixed[x] = _NEAR * one[x] + _FAR * other[x]
        target[0] = mixed[0]
        for x in range(1, count):
            target[2 * x] = _NEAR * mixed[x] + _FAR * mixed[x - 1]
        for x in range(width // 2):
            target[2 * x + 1] = _NEAR * mixed[x] + _FAR * mixed[min(x + 1, count - 1)]


@kernel
@no_type_check
def _narrow(slope, mixed):
    """Write a row's gradient to the row half as long that it is drawn out from."""
    count = len(mixed)
    for x in range(count):
        mixed[x] = _NEAR * slope[2 * x]
    mixed[0] += _FAR * slope[0]
    for x in range(1, count):
        mixed[x - 1] += _FAR * slope[2 * x]
    for x in range(len(slope) // 2):
        mixed[x] += _NEAR * slope[2 * x + 1]
    for x in range(len(slope) // 2):
        mixed[min(x + 1, count - 1)] += _FAR * slope[2 * x + 1]


@kernel
@no_type_check
def _draw_in(slopes, row, times, pull, begin, end):
    """Add a row's gradient to that of the maps, in their rows from `begin` to `end`."""
    inks, width = slopes.shape
    if times == 1:
        if begin <= row < end:
            for k in range(inks):
                for x in range(width):
                    pull[k, row, x] += slopes[k, x]
        return
    count = pull.shape[2]
    near, far = _place(row, pull.shape[1])
    mixed = np.empty(count, np.float32)
    for k in range(inks):
        _narrow(slopes[k], mixed)
        if begin <= near < end:
            for x in range(count):
                pull[k, near, x] += _NEAR * mixed[x]
        if begin <= far < end:
            for x in range(count):
                pull[k, far, x] += _FAR * mixed[x]


@kernel
@no_type_check
def _share(line, inverse, shares, powers):
    """Write the softmax of a row's preferences over a temperature, given its inverse."""
    inks, width = shares.shape
    factor = inverse * _LOG2_E
    floats = powers.view(np.float32)
    top, total = np.empty(width, np.float32), np.zeros(width, np.float32)
    for x in range(width):
        top[x] = line[0, x]
    for k in range(1, inks):
        want = line[k]
        for x in range(width):
            top[x] = max(top[x], want[x])
    for k in range(inks):
        want, share = line[k], shares[k]
        for x in range(width):
            y = max((want[x] - top[x]) * factor, _LEAST)
            whole = np.floor(y)
            f = y - whole
            tail = _C4 + f * (_C5 + f * (_C6 + f * _C7))
            share[x] = _ONE + f * (_C1 + f * (_C2 + f * (_C3 + f * tail)))
            # The bits of the float 2^whole.
            powers[x] = (np.int32(whole) + np.int32(127)) << np.int32(23)
        for x in range(width):
            share[x] *= floats[x]
            total[x] += share[x]
    for x in range(width):
        total[x] = _ONE / total[x]
    for k in range(inks):
        share = shares[k]
        for x in range(width):
            share[x] *= total[x]


@kernel
@no_type_check
def _number(line, labels, best):
    """Write the ink that each px of a row wants most, the first of equals."""
    inks, width = line.shape
    for x in range(width):
        best[x] = line[0, x]
        labels[x] = 0
    for k in range(1, inks):
        want = line[k]
        for x in range(width):
            if want[x] > best[x]:
                best[x] = want[x]
                labels[x] = k


@kernel
@no_type_check
def _difference(one, other):
    """Return the sum of the absolute differences of two rows."""
    total = np.float32(0)
    for x in range(len(one)):
        total += abs(one[x] - other[x])
    return total


@kernel
@no_type_check
def _mix(shares, labels, inks, is_strict, channel, line):
    """Write one channel of a row of the picture."""
    for x in range(len(line)):
        line[x] = inks[labels[x], channel] if is_strict else np.float32(0)
    if not is_strict:
        for k in range(len(inks)):
            ink = inks[k, channel]
            for x in range(len(line)):
                line[x] += ink * shares[k, x]


@kernel(parallel=True)
@no_type_check
def forward(maps, inks, plan, results):
    """Write picture (3, H, W), ink numbers (H, W), and sums of differences by band (B, 2).

    `plan` is the inverse of the temperature, whether the choice is strict, how many times smaller
    the maps are, and a band's rows.
    """
    inverse, is_strict, times, band = plan
    image, labels, sums = results
    count, (height, width) = len(maps), labels.shape
    for b in numba.prange(len(sums)):
        begin, end = b * band, min(height, (b + 1) * band)
        here, below = np.empty((count, width), np.float32), np.empty((count, width), np.float32)
        line, powers = np.empty((count, width), np.float32), np.empty(width, np.int32)
        best = np.empty(width, np.float32)
        down = right = 0.0
        for row in range(begin, min(end + 1, height)):
            _draw_out(maps, row, times, line)
            _share(line, inverse, below, powers)
            for k in range(count):
                if row > begin:
                    down += _difference(here[k], below[k])
                if row < end:
                    right += _difference(below[k, 1:], below[k, :-1])
            here, below = below, here
            if row < end:
                if is_strict:
                    _number(line, labels[row], best)
                for channel in range(3):
                    _mix(here, labels[row], inks, is_strict, channel, image[channel, row])
        sums[b, 0], sums[b, 1] = down, right


@kernel
@no_type_check
def _lean(share, other, weight, slope):
    """Add the gradient of a difference's weight to the first of two rows of shares."""
    for x in range(len(share)):
        slope[x] += weight * np.sign(share[x] - other[x])


@kernel
@no_type_check
def _slopes(rows, asked, inks, plan, slopes):
    """Write the gradient to a row's preferences from that to the picture and its differences."""
    above, here, below = rows
    inverse, down, right, is_first, is_last = plan
    width = here.shape[1]
    mean = np.zeros(width, np.float32)
    for k in range(len(inks)):
        slope, share = slopes[k], here[k]
        red, green, blue = inks[k]
        for x in range(width):
            slope[x] = red * asked[0, x] + green * asked[1, x] + blue * asked[2, x]
        if not is_first:
            _lean(share, above[k], down, slope)
        if not is_last:
            _lean(share, below[k], down, slope)
        _lean(share[:-1], share[1:], right, slope[:-1])
        _lean(share[1:], share[:-1], right, slope[1:])
        for x in range(width):
            mean[x] += share[x] * slope[x]
    for k in range(len(inks)):
        slope, share = slopes[k], here[k]
        for x in range(width):
            slope[x] = share[x] * (slope[x] - mean[x]) * inverse


@kernel
@no_type_check
def _tint(shares, labels, asked, is_strict, sums):
    """Add a row's gradient to the inks (K, 3)."""
    width = shares.shape[1]
    for channel in range(3):
        if is_strict:
            for x in range(width):
                sums[labels[x], channel] += asked[channel, x]
        else:
            for k in range(len(sums)):
                total = np.float32(0)
                for x in range(width):
                    total += shares[k, x] * asked[channel, x]
                sums[k, channel] += total


@kernel(parallel=True)
@no_type_check
def backward(given, plan, weights, results):
    """Add the gradient to maps (K, h, w), and by band that to the inks (B, K, 3).

    Each band goes one row beyond its own, which its maps' rows take part in; so that no two
    threads write to one place.
    """
    inverse, is_strict, times, band = plan
    maps, inks, labels, asked = given
    down, right = weights
    pull, sums = results
    count, (height, width) = len(maps), labels.shape
    for b in numba.prange(len(sums)):
        begin, end = b * band, min(height, (b + 1) * band)
        first, last = max(0, begin - times + 1), min(height, end + times - 1)
        above = np.empty((count, width), np.float32)
        here, below = np.empty_like(above), np.empty_like(above)
        line, slopes, powers = np.empty_like(above), np.empty_like(above), np.empty(width, np.int32)
        for row in range(max(0, first - 1), min(last + 1, height) + (last == height)):
            if row < height:
                _draw_out(maps, row, times, line)
                _share(line, inverse, below, powers)
            middle = row - 1
            if first <= middle < last:
                row_asked = asked[:, middle]
                ends = (inverse, down, right, middle == 0, middle == height - 1)
                _slopes((above, here, below), row_asked, inks, ends, slopes)
                _draw_in(slopes, middle, times, pull, begin // times, -(-end // times))
                if begin <= middle < end:
                    _tint(here, labels[middle], row_asked, is_strict, sums[b])
            above, here, below = here, below, above
