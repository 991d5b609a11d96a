"""What does a very small translating Transformer compute, how does it learn, and how does CTranslate2 get it?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ctranslate2.specs import transformer_spec
from numpy.typing import NDArray
from tensor import Array, Tensor, dropped, normalised, relu, rows, softmax, surprise

WIDTH, INNER, HEADS, LAYERS, LONGEST = 64, 128, 4, 2, 96
HIDDEN = np.float32(-1e9)

Pair = tuple[list[int], list[int]]


class Transformer:
    """Encoder and decoder with normalisation before each part, and one table of embeddings for both."""

    def __init__(self, vocabulary: int, seed: int = 1):
        self._random = np.random.default_rng(seed)
        self.weights: dict[str, Tensor] = {}
        self._table("embeddings", (vocabulary, WIDTH), WIDTH**-0.5)
        self._linear("projection", WIDTH, vocabulary)
        for side in ("encoder", "decoder"):
            self._norm(f"{side}.norm")
            for layer in range(LAYERS):
                for part in ("self", "cross") if side == "decoder" else ("self",):
                    self._norm(f"{side}.{layer}.{part}.norm")
                    for name in "qkvo":
                        self._linear(f"{side}.{layer}.{part}.{name}", WIDTH, WIDTH)
                self._norm(f"{side}.{layer}.inner.norm")
                self._linear(f"{side}.{layer}.inner.0", WIDTH, INNER)
                self._linear(f"{side}.{layer}.inner.1", INNER, WIDTH)
        self.positions = _positions()
        self.dropout = 0.0

    def loss(self, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> Tensor:
        """Of a batch padded with -1; targets begin with the start token and end with the end token."""
        memory, hidden = self._encode(sources)
        given, wanted = targets[:, :-1], targets[:, 1:]
        later = np.triu(np.full((given.shape[1],) * 2, HIDDEN), 1).astype(np.float32)
        x = self._embed(given)
        for layer in range(LAYERS):
            at = f"decoder.{layer}"
            y = self._normed(x, f"{at}.self.norm")
            x = x + self._drop(self._attend(y, y, later[None, None], f"{at}.self"))
            y = self._normed(x, f"{at}.cross.norm")
            x = x + self._drop(self._attend(y, memory, hidden, f"{at}.cross"))
            x = x + self._drop(self._think(self._normed(x, f"{at}.inner.norm"), f"{at}.inner"))
        scores = self._apply(self._normed(x, "decoder.norm"), "projection")
        return surprise(scores, np.maximum(wanted, 0), wanted >= 0)

    def _encode(self, sources: NDArray[np.int64]) -> tuple[Tensor, Array]:
        hidden = np.where(sources >= 0, np.float32(0), HIDDEN)[:, None, None, :]
        x = self._embed(sources)
        for layer in range(LAYERS):
            at = f"encoder.{layer}"
            y = self._normed(x, f"{at}.self.norm")
            x = x + self._drop(self._attend(y, y, hidden, f"{at}.self"))
            x = x + self._drop(self._think(self._normed(x, f"{at}.inner.norm"), f"{at}.inner"))
        return self._normed(x, "encoder.norm"), hidden

    def _embed(self, tokens: NDArray[np.int64]) -> Tensor:
        looked_up = rows(self.weights["embeddings"], np.maximum(tokens, 0)).scaled(WIDTH**0.5)
        return self._drop(looked_up + Tensor(self.positions[None, : tokens.shape[1]]))

    def _attend(self, x: Tensor, memory: Tensor, hidden: Array, at: str) -> Tensor:
        queries, keys, values = (
            _heads(self._apply(said, f"{at}.{name}")) for said, name in ((x, "q"), (memory, "k"), (memory, "v"))
        )
        scores = (queries @ keys.swapped(-1, -2)).scaled((WIDTH // HEADS) ** -0.5) + Tensor(hidden)
        mixed = (softmax(scores) @ values).swapped(1, 2)
        return self._apply(mixed.reshaped(*x.value.shape), f"{at}.o")

    def _think(self, x: Tensor, at: str) -> Tensor:
        return self._apply(self._drop(relu(self._apply(x, f"{at}.0"))), f"{at}.1")

    def _apply(self, x: Tensor, at: str) -> Tensor:
        return x @ self.weights[f"{at}.weight"] + self.weights[f"{at}.bias"]

    def _normed(self, x: Tensor, at: str) -> Tensor:
        return normalised(x, self.weights[f"{at}.gamma"], self.weights[f"{at}.beta"])

    def _drop(self, x: Tensor) -> Tensor:
        if not self.dropout:
            return x
        kept = self._random.random(x.value.shape, np.float32) >= self.dropout
        return dropped(x, (kept / (1 - self.dropout)).astype(np.float32))

    def _table(self, name: str, shape: tuple[int, ...], spread: float) -> None:
        self.weights[name] = Tensor((self._random.normal(size=shape) * spread).astype(np.float32))

    def _linear(self, name: str, inside: int, outside: int) -> None:
        self._table(f"{name}.weight", (inside, outside), (2 / (inside + outside)) ** 0.5)
        self.weights[f"{name}.bias"] = Tensor(np.zeros(outside, np.float32))

    def _norm(self, name: str) -> None:
        self.weights[f"{name}.gamma"] = Tensor(np.ones(WIDTH, np.float32))
        self.weights[f"{name}.beta"] = Tensor(np.zeros(WIDTH, np.float32))


def train(model: Transformer, pairs: Sequence[Pair], start: int, end: int, epochs: int, batch: int = 24) -> float:
    """Learn the pairs by heart (Adam); the last epoch's mean loss."""
    order = np.random.default_rng(2)
    moments = {name: [np.zeros_like(weight.value)] * 2 for name, weight in model.weights.items()}
    model.dropout, step, steps = 0.1, 0, epochs * -(-len(pairs) // batch)
    for _ in range(epochs):
        losses = []
        shuffled = order.permutation(len(pairs))
        for first in range(0, len(pairs), batch):
            chosen = [pairs[at] for at in shuffled[first : first + batch]]
            loss = model.loss(_padded([s for s, _ in chosen]), _padded([[start, *t, end] for _, t in chosen]))
            loss.backward()
            step += 1
            _adam(model, moments, step, 3e-3 * min(step / 100, 1 - (step - 1) / steps))
            losses.append(float(loss.value))
    model.dropout = 0.0
    return float(np.mean(losses))


def _adam(model: Transformer, moments: dict[str, list[Array]], step: int, rate: float) -> None:
    for name, weight in model.weights.items():
        gradient, weight.gradient = weight.gradient, None
        if gradient is None:
            continue
        first, second = moments[name]
        first, second = 0.9 * first + 0.1 * gradient, 0.98 * second + 0.02 * gradient**2
        moments[name] = [first, second]
        change = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.98**step)) + 1e-8)
        weight.value = (weight.value - rate * change).astype(np.float32)


def save(model: Transformer, vocabulary: Sequence[str], folder: Path, start: str) -> None:
    """As CTranslate2 stores it, in int8. The caller adds the tokenizer."""
    spec = transformer_spec.TransformerSpec.from_config(LAYERS, HEADS, pre_norm=True)
    weights = {name: weight.value for name, weight in model.weights.items()}
    spec.encoder.embeddings[0].weight = weights["embeddings"]
    spec.decoder.embeddings.weight = weights["embeddings"]
    _put_linear(spec.decoder.projection, weights, ["projection"])
    for side, half in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        half.position_encodings.encodings = model.positions
        _put_norm(half.layer_norm, weights, f"{side}.norm")
        for number, layer in enumerate(half.layer):
            at = f"{side}.{number}"
            _put_attention(layer.self_attention, weights, f"{at}.self", ("qkv", "o"))
            if side == "decoder":
                _put_attention(layer.attention, weights, f"{at}.cross", ("q", "kv", "o"))
            _put_norm(layer.ffn.layer_norm, weights, f"{at}.inner.norm")
            _put_linear(layer.ffn.linear_0, weights, [f"{at}.inner.0"])
            _put_linear(layer.ffn.linear_1, weights, [f"{at}.inner.1"])
    spec.config.decoder_start_token = start
    spec.config.layer_norm_epsilon = 1e-5
    spec.register_source_vocabulary(list(vocabulary))
    spec.register_target_vocabulary(list(vocabulary))
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def _put_attention(part: object, weights: dict[str, Array], at: str, groups: Sequence[str]) -> None:
    _put_norm(part.layer_norm, weights, f"{at}.norm")  # type: ignore[attr-defined]
    for linear, names in zip(part.linear, groups, strict=True):  # type: ignore[attr-defined]
        _put_linear(linear, weights, [f"{at}.{name}" for name in names])


def _put_linear(linear: object, weights: dict[str, Array], names: Sequence[str]) -> None:
    linear.weight = np.ascontiguousarray(np.concatenate([weights[f"{name}.weight"].T for name in names]))  # type: ignore[attr-defined]
    linear.bias = np.concatenate([weights[f"{name}.bias"] for name in names])  # type: ignore[attr-defined]


def _put_norm(norm: object, weights: dict[str, Array], at: str) -> None:
    norm.gamma, norm.beta = weights[f"{at}.gamma"], weights[f"{at}.beta"]  # type: ignore[attr-defined]


def _heads(x: Tensor) -> Tensor:
    batch, length, _ = x.value.shape
    return x.reshaped(batch, length, HEADS, WIDTH // HEADS).swapped(1, 2)


def _positions() -> Array:
    angles = np.arange(LONGEST)[:, None] / 10_000 ** (np.arange(WIDTH // 2)[None] / (WIDTH // 2))
    return np.concatenate([np.sin(angles), np.cos(angles)], 1).astype(np.float32)


def _padded(lists: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    full = np.full((len(lists), max(map(len, lists))), -1, np.int64)
    for row, tokens in zip(full, lists, strict=True):
        row[: len(tokens)] = tokens
    return full
