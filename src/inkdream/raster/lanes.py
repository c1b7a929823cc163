"""Sixteen float32 numbers in one vector register, as a type that Numba understands.

LLVM's loop vectoriser does not take the short, strided loops of a rasteriser, so the CPU kernel
says what it wants: a `Lanes` value holds the 4 x 4 pixels of one block. It lowers to LLVM's <16 x
float>, which is one AVX-512 register, two of AVX2 or four of NEON; nothing here is tied to one
processor.

Inside compiled functions `+ - * /` work on lanes and float32 numbers, and

    address(array)           where its elements begin: handed down instead of arrays, whose owners
                             Numba would count in every innermost loop; indexed like a flat array
    load(array, offset)      16 consecutive elements of an array of float32 or unsigned integers
    store(array, offset, x)  the same, written (rounded towards zero into integers)
    load_block(array, offset, step), store_block(array, offset, step, x)
                             a block of a float32 picture whose rows are `step` elements long
    spread(number)           the number in every lane
    columns(), rows()        0 1 2 3 0 1 2 3 ... and 0 0 0 0 1 1 1 1 ...: places in the block
    least(x, y), most(x, y), root(x)
    less(x, y, yes, no)      yes where x < y, else no
    equal(x, y, yes, no)     yes where x = y, else no
    total(x), smallest(x), largest(x)   over the 16 lanes, in a fixed order

Array accesses are not checked: an offset outside the array is the caller's mistake.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any, ClassVar

import numba
import numpy as np
import torch
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from inkdream.compiling import compiled

# NaN and infinity keep their meaning (no nnan, no ninf): bad geometry must not reach undefined
# behaviour.
FAST = ("contract", "reassoc", "arcp", "nsz")

LINE = 64  # bytes of a cache line: a register that straddles two costs twice


def kernel(function: Callable[..., Any] | None = None, *, parallel: bool = False) -> Any:
    """Compile a function with the rasteriser's options."""
    options = {"parallel": parallel, "fastmath": set(FAST), "error_model": "numpy"}
    return compiled(function, **options)


@kernel
def room(size: int) -> Any:
    """Return an uninitialised float32 array aligned to a cache line."""
    spare = np.empty(size + LINE // 4, np.float32)
    begin = (-spare.ctypes.data % LINE) // 4
    return spare[begin : begin + size]


@kernel
def keep(array: Any) -> int:
    """Do nothing: Numba frees an array after its last use, which this delays."""
    return len(array)


def use_torch_threads() -> int:
    """Set Numba's threads to torch's; return how many."""
    threads = torch.get_num_threads()
    available: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    numba.set_num_threads(min(threads, available))
    if torch.get_num_threads() != threads:
        # The first call starts Numba's threads, which sets OpenMP's number; torch may share its
        # OpenMP.
        torch.set_num_threads(threads)
    return int(numba.get_num_threads())


WIDTH = 16
BLOCK = 4  # a block is 4 x 4 pixels, so that few lanes idle along a thin stroke


def instruction(generator: Callable[..., Any]) -> Any:
    """Make an instruction for compiled functions from a generator of LLVM code."""
    return intrinsic(inspect.unwrap(generator))


class LanesType(types.Type):
    """Numba's type of a `Lanes` value."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES = LanesType()
VECTOR = ir.VectorType(ir.FloatType(), WIDTH)


@register_model(LanesType)
class LanesModel(models.PrimitiveModel):
    """Lanes are one LLVM vector."""

    def __init__(self, manager: Any, lanes_type: LanesType) -> None:
        super().__init__(manager, lanes_type, VECTOR)


def _spread(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """Return a scalar in all lanes; a vector as it is."""
    if value.type == VECTOR:
        return value
    nothing = ir.Constant(VECTOR, ir.Undefined)
    return _take(
        builder, builder.insert_element(nothing, value, ir.IntType(32)(0)), nothing, [0] * WIDTH
    )


def _define_operator(function: Callable[..., Any], instruction: str) -> None:
    """Define an arithmetic operator on lanes with lanes and lanes with float32."""
    pairs = [(LANES, LANES), (LANES, types.float32), (types.float32, LANES)]

    class Template(ConcreteTemplate):
        key = function
        cases: ClassVar = [signature(LANES, left, right) for left, right in pairs]

    infer_global(function)(Template)

    def lower(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
        left, right = (_spread(builder, argument) for argument in arguments)
        return getattr(builder, instruction)(left, right, flags=FAST)

    for left, right in pairs:
        lower_builtin(function, left, right)(lower)


_define_operator(operator.add, "fadd")
_define_operator(operator.sub, "fsub")
_define_operator(operator.mul, "fmul")
_define_operator(operator.truediv, "fdiv")


def _data(context: Any, builder: ir.IRBuilder, kind: Any, array: Any) -> Any:
    """Return a pointer to an array's first element; an address as it is."""
    if isinstance(kind, types.CPointer):
        return array
    return context.make_array(kind)(context, builder, array).data


def _element_pointer(
    context: Any, builder: ir.IRBuilder, kind: Any, array: Any, offset: Any
) -> Any:
    """Return a pointer to the 16 elements from flat `offset` on, and the vector's type."""
    data = _data(context, builder, kind, array)
    vector = ir.VectorType(context.get_data_type(kind.dtype), WIDTH)
    return builder.bitcast(builder.gep(data, [offset]), vector.as_pointer()), vector


@instruction
def address(typing_context: Any, array: Any) -> Any:
    """Return where an array's elements begin."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
        return _data(context, builder, sig.args[0], arguments[0])

    return signature(types.CPointer(array.dtype), array), generate


@instruction
def load(typing_context: Any, array: Any, offset: Any) -> Any:
    """Return 16 elements from `offset` on."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
        pointer, vector = _element_pointer(context, builder, sig.args[0], *arguments)
        value = builder.load(pointer, align=sig.args[0].dtype.bitwidth // 8)
        return value if vector == VECTOR else builder.uitofp(value, VECTOR)

    return signature(LANES, array, types.intp), generate


@instruction
def store(typing_context: Any, array: Any, offset: Any, value: Any) -> Any:
    """Write 16 elements from `offset` on."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
        array_value, offset_value, lanes = arguments
        pointer, vector = _element_pointer(context, builder, sig.args[0], array_value, offset_value)
        value = lanes if vector == VECTOR else builder.fptoui(lanes, vector)
        builder.store(value, pointer, align=sig.args[0].dtype.bitwidth // 8)
        return context.get_dummy_value()

    return signature(types.none, array, types.intp, LANES), generate


def _block_rows(builder: ir.IRBuilder, data: Any, offset: Any, step: Any) -> list[Any]:
    """Return pointers to a block's rows of 4, in a picture whose rows are `step` elements long."""
    row_type = ir.VectorType(ir.FloatType(), BLOCK).as_pointer()
    offsets = [builder.add(offset, builder.mul(step, ir.IntType(64)(row))) for row in range(BLOCK)]
    return [builder.bitcast(builder.gep(data, [place]), row_type) for place in offsets]


def _take(builder: ir.IRBuilder, left: Any, right: Any, lanes: list[int]) -> Any:
    """Return the chosen lanes of two vectors laid end to end."""
    return builder.shuffle_vector(
        left, right, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
    )


@instruction
def load_block(typing_context: Any, array: Any, offset: Any, step: Any) -> Any:
    """Return a block of a picture."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
        data = _data(context, builder, sig.args[0], arguments[0])
        a, b, c, d = (
            builder.load(pointer, align=4) for pointer in _block_rows(builder, data, *arguments[1:])
        )
        upper, lower = (
            _take(builder, left, right, list(range(2 * BLOCK))) for left, right in ((a, b), (c, d))
        )
        return _take(builder, upper, lower, list(range(WIDTH)))

    return signature(LANES, array, types.intp, types.intp), generate


@instruction
def store_block(typing_context: Any, array: Any, offset: Any, step: Any, value: Any) -> Any:
    """Write a block of a picture."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
        data = _data(context, builder, sig.args[0], arguments[0])
        for row, pointer in enumerate(_block_rows(builder, data, *arguments[1:3])):
            lanes = list(range(row * BLOCK, (row + 1) * BLOCK))
            builder.store(_take(builder, arguments[3], arguments[3], lanes), pointer, align=4)
        return context.get_dummy_value()

    return signature(types.none, array, types.intp, types.intp, LANES), generate


@instruction
def spread(typing_context: Any, number: Any) -> Any:
    """Return a number in every lane."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
        return _spread(builder, arguments[0])

    return signature(LANES, types.float32), generate


def _constant(values: list[float]) -> Any:
    @instruction
    def constant(typing_context: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
            return ir.Constant(VECTOR, values)

        return signature(LANES), generate

    return constant


columns = _constant([float(lane % BLOCK) for lane in range(WIDTH)])
rows = _constant([float(lane // BLOCK) for lane in range(WIDTH)])


def _lanes_or_numbers(*kinds: Any) -> Any:
    """Return the signature of a function from lanes and float32 numbers to lanes."""
    return signature(LANES, *(LANES if kind == LANES else types.float32 for kind in kinds))


def _pick(condition: str) -> Callable[[ir.IRBuilder, ir.Value, ir.Value], ir.Value]:
    return lambda builder, left, right: builder.select(
        builder.fcmp_ordered(condition, left, right), left, right
    )


def _choice(condition: str) -> Any:
    @instruction
    def choose(typing_context: Any, left: Any, right: Any, yes: Any, no: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
            left, right, yes, no = (_spread(builder, argument) for argument in arguments)
            return builder.select(builder.fcmp_ordered(condition, left, right), yes, no)

        return _lanes_or_numbers(left, right, yes, no), generate

    return choose


less = _choice("<")
equal = _choice("==")


def _extreme(condition: str) -> Any:
    @instruction
    def extreme(typing_context: Any, left: Any, right: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
            return _pick(condition)(builder, *(_spread(builder, each) for each in arguments))

        return _lanes_or_numbers(left, right), generate

    return extreme


least = _extreme("<")
most = _extreme(">")


@instruction
def root(typing_context: Any, value: Any) -> Any:
    """Return the square root of each lane."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
        shape = ir.FunctionType(VECTOR, [VECTOR])
        name = f"llvm.sqrt.v{WIDTH}f32"
        function = cgutils.get_or_insert_function(builder.module, shape, name)
        return builder.call(function, arguments)

    return signature(LANES, LANES), generate


def _reduction(combine: Callable[[ir.IRBuilder, ir.Value, ir.Value], ir.Value]) -> Any:
    """Return a reduction that folds the upper half of the lanes onto the lower, again and again."""

    @instruction
    def reduce(typing_context: Any, value: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, sig: Any, arguments: Any) -> ir.Value:
            value: Any
            value, width = arguments[0], WIDTH
            while width > 1:
                width //= 2
                halves = [
                    _take(builder, value, value, list(range(first, first + width)))
                    for first in (0, width)
                ]
                value = combine(builder, *halves)
            return builder.extract_element(value, ir.IntType(32)(0))

        return signature(types.float32, LANES), generate

    return reduce


total = _reduction(lambda builder, left, right: builder.fadd(left, right, flags=("nsz",)))
smallest = _reduction(_pick("<"))
largest = _reduction(_pick(">"))
