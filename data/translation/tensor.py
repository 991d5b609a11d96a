"""How is a function of many arrays differentiated, with numpy alone?

A Tensor remembers how it was made; `backward` walks that history from the end and adds up the gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Pull = Callable[[Array], Array]
"""From the gradient of a result to the gradient of one operand."""


class Tensor:
    def __init__(self, value: Array, made_of: Sequence[tuple[Tensor, Pull]] = ()):
        self.value = value
        self.gradient: Array | None = None
        self._made_of = made_of

    def backward(self) -> None:
        """Give every tensor that led here its gradient."""
        self.gradient = np.ones_like(self.value)
        for tensor in reversed(_history(self)):
            for operand, pull in tensor._made_of:
                share = pull(tensor.gradient)  # type: ignore[arg-type]
                operand.gradient = share if operand.gradient is None else operand.gradient + share

    def __add__(self, other: Tensor) -> Tensor:
        value = self.value + other.value
        return Tensor(value, [(side, _unbroadcast(side.value.shape)) for side in (self, other)])

    def __matmul__(self, other: Tensor) -> Tensor:
        left, right = self.value, other.value
        pulls = (
            (self, lambda up: _summed(up @ right.swapaxes(-1, -2), left.shape)),
            (other, lambda up: _summed(left.swapaxes(-1, -2) @ up, right.shape)),
        )
        return Tensor(left @ right, pulls)

    def scaled(self, factor: float) -> Tensor:
        return Tensor(self.value * np.float32(factor), [(self, lambda up: up * np.float32(factor))])

    def reshaped(self, *shape: int) -> Tensor:
        return Tensor(self.value.reshape(shape), [(self, lambda up: up.reshape(self.value.shape))])

    def swapped(self, one: int, other: int) -> Tensor:
        return Tensor(self.value.swapaxes(one, other), [(self, lambda up: up.swapaxes(one, other))])


def relu(x: Tensor) -> Tensor:
    alive = x.value > 0
    return Tensor(x.value * alive, [(x, lambda up: up * alive)])


def dropped(x: Tensor, keep: Array) -> Tensor:
    """`keep` is 0 where a value is dropped, and makes up for it elsewhere."""
    return Tensor(x.value * keep, [(x, lambda up: up * keep)])


def softmax(x: Tensor) -> Tensor:
    raised = np.exp(x.value - x.value.max(-1, keepdims=True))
    share = raised / raised.sum(-1, keepdims=True)
    return Tensor(share, [(x, lambda up: share * (up - (up * share).sum(-1, keepdims=True)))])


def normalised(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Layer normalisation over the last axis."""
    centred = x.value - x.value.mean(-1, keepdims=True)
    inverse = 1 / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    unit = centred * inverse

    def pull(up: Array) -> Array:
        up = up * gamma.value
        mean, along = up.mean(-1, keepdims=True), (up * unit).mean(-1, keepdims=True)
        return (up - mean - unit * along) * inverse

    shape = gamma.value.shape
    pulls = ((x, pull), (gamma, lambda up: _summed(up * unit, shape)), (beta, lambda up: _summed(up, shape)))
    return Tensor(unit * gamma.value + beta.value, pulls)


def rows(table: Tensor, at: NDArray[np.int64]) -> Tensor:
    """The rows of a table, such as the embeddings of tokens."""

    def pull(up: Array) -> Array:
        down = np.zeros_like(table.value)
        np.add.at(down, at, up)
        return down

    return Tensor(table.value[at], [(table, pull)])


def surprise(scores: Tensor, wanted: NDArray[np.int64], counts: NDArray[np.bool_]) -> Tensor:
    """Mean cross-entropy of the wanted tokens, where they count."""
    top = scores.value.max(-1, keepdims=True)
    logs = scores.value - top - np.log(np.exp(scores.value - top).sum(-1, keepdims=True))
    picked = np.take_along_axis(logs, wanted[..., None], -1)[..., 0]
    total = np.float32(counts.sum())

    def pull(up: Array) -> Array:
        down = np.exp(logs)
        np.put_along_axis(down, wanted[..., None], np.take_along_axis(down, wanted[..., None], -1) - 1, -1)
        return down * (counts[..., None] / total) * up

    return Tensor(np.float32(-(picked * counts).sum() / total), [(scores, pull)])


def _history(last: Tensor) -> list[Tensor]:
    """Every tensor that led to the last one, each after all it was made of."""
    order: list[Tensor] = []
    seen: set[int] = set()
    waiting: list[tuple[Tensor, bool]] = [(last, False)]
    while waiting:
        tensor, ready = waiting.pop()
        if ready:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            waiting.append((tensor, True))
            waiting.extend((operand, False) for operand, _ in tensor._made_of)
    return order


def _unbroadcast(shape: tuple[int, ...]) -> Pull:
    return lambda up: _summed(up, shape)


def _summed(up: Array, shape: tuple[int, ...]) -> Array:
    """Add up what broadcasting had copied."""
    extra = up.ndim - len(shape)
    if extra:
        up = up.sum(tuple(range(extra)))
    return up
