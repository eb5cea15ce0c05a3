"""Steps of random PyTorch networks over rows, vectors and words, and of two values."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import parametrizations
from torch_parts import Does, Rng, Step, divisors
from torch_points import activation, own_weights

# ---- rows -------------------------------------------------------------------------------------


def summed(x: Any, weight: Any) -> Any:
    """A dense layer as a sum over letters; over a side of 1 PyTorch counts no product in that."""
    return torch.einsum("...i,oi->...o", x, weight) if x.shape[-1] > 1 else x @ weight.T


def linear(rng: Rng, value: Any) -> nn.Module:
    width = value.shape[-1]
    wide = rng.choice([width, rng.randint(1, 9), 2 * width])
    bias = rng.flip(0.7)
    return rng.choice([
        *[lambda: nn.Linear(width, wide, bias=bias)] * 3,
        lambda: parametrizations.weight_norm(nn.Linear(width, wide, bias=bias)),
        lambda: Does(lambda own, x: F.linear(x, own.w), w=(wide, width)),
        lambda: Does(lambda own, x: x @ own.w + own.b, w=(width, wide), b=wide),
        lambda: Does(lambda own, x: summed(x, own.w), w=(wide, width)),
        lambda: Does(lambda own, x: own.parts[0](x) @ own.parts[0].weight, nn.Linear(width, wide)),
        lambda: Does(lambda own, x: own.parts[1](F.gelu(own.parts[0](x))) + x,
                     nn.Linear(width, wide), nn.Linear(wide, width, bias=bias)),
        lambda: Does(lambda own, x: own.parts[2](F.silu(own.parts[0](x)) * own.parts[1](x)),
                     nn.Linear(width, wide, bias=bias), nn.Linear(width, wide, bias=bias),
                     nn.Linear(wide, width, bias=bias)),
        lambda: nn.Sequential(nn.Linear(width, wide), nn.ReLU(), nn.Dropout(0.1),
                              nn.Linear(wide, width)),
        lambda: Does(lambda own, x: torch.cat([part(x) for part in own.parts], -1),
                     nn.Linear(width, wide), nn.Linear(width, 2)),
        lambda: Does(lambda own, x: own.parts[0](own.parts[0](x).tanh()), nn.Linear(width, width)),
    ])()  # fmt: skip


def row_norm(rng: Rng, value: Any) -> nn.Module:
    width, affine = value.shape[-1], rng.flip(0.75)
    sides = tuple(value.shape[-rng.randint(1, 2) :]) if value.dim() > 2 else (width,)
    return rng.choice([
        lambda: nn.LayerNorm(width),
        lambda: nn.LayerNorm(sides, elementwise_affine=affine, bias=rng.flip()),
        lambda: nn.RMSNorm(sides, elementwise_affine=affine),
        lambda: nn.BatchNorm1d(value.shape[1], affine=affine, track_running_stats=rng.flip(0.7)),
        lambda: Does(lambda own, x: F.normalize(x, dim=-1)),
        lambda: Does(lambda own, x: own.parts[0](x + own.parts[1](x)), nn.LayerNorm(width),
                     nn.Linear(width, width)),
        lambda: Does(_by_hand, weight=width),
        lambda: nn.GroupNorm(rng.choice(divisors(value.shape[1])), value.shape[1], affine=affine),
    ])()  # fmt: skip


def _by_hand(own: Any, x: Any) -> Any:
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * own.weight


def recurrent(rng: Rng, value: Any) -> nn.Module:
    width, hidden = value.shape[-1], rng.randint(2, 6)
    kind = rng.choice(["LSTM", "GRU", "RNN"])
    more: dict[str, Any] = {
        "num_layers": rng.choice([1, 1, 2, 3]), "bidirectional": rng.flip(0.4),
        "bias": rng.flip(0.7), "batch_first": rng.flip(0.7), "dropout": rng.choice([0.0, 0.0, 0.1]),
    }  # fmt: skip
    if kind == "LSTM" and rng.flip(0.3):
        hidden, more["proj_size"] = hidden + 1, hidden
    if kind == "RNN":
        more["nonlinearity"] = rng.choice(["tanh", "relu"])
    first, part = more["batch_first"], getattr(nn, kind)(width, hidden, **more)
    takes = rng.choice(["rows", "rows", "last", "state", "both", "mean"])
    return Does(lambda own, x: _run(own.parts[0], x, takes, first), part,
                kind="rows" if takes == "rows" else "")  # fmt: skip


def _run(part: nn.Module, x: Any, takes: str, first: bool) -> Any:
    """What is taken of a recurrent layer."""
    rows, state = part(x if first else x.transpose(0, 1))
    rows = rows if first else rows.transpose(0, 1)
    last = (state[0] if isinstance(state, tuple) else state)[-1]
    return {
        "rows": rows, "last": rows[:, -1], "state": last, "both": (rows, last),
        "mean": rows.mean(1),
    }[takes]  # fmt: skip


def cells(rng: Rng, value: Any) -> nn.Module:
    """A cell, step by step."""
    width, hidden = value.shape[-1], rng.randint(2, 5)
    kind = rng.choice(["GRUCell", "RNNCell", "LSTMCell"])
    part, whole = getattr(nn, kind)(width, hidden, bias=rng.flip(0.8)), rng.flip()

    def does(own: Any, x: Any) -> Any:
        state = None
        found = []
        for at in range(x.shape[1]):
            state = own.parts[0](x[:, at], state)
            found.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(found, 1) if whole else found[-1]

    return Does(does, part)


def attention(rng: Rng, value: Any) -> nn.Module:
    width = value.shape[-1]
    heads = rng.choice(divisors(width))
    first, weights = rng.flip(0.8), rng.flip(0.2)
    part = nn.MultiheadAttention(
        width, heads, 0.1 if rng.flip(0.2) else 0.0, rng.flip(0.7), add_bias_kv=rng.flip(0.1),
        add_zero_attn=rng.flip(0.1), batch_first=first,
    )  # fmt: skip
    residual, causal = rng.flip(), rng.flip(0.2)

    def does(own: Any, x: Any) -> Any:
        value = x if first else x.transpose(0, 1)
        length = x.shape[1]
        mask = torch.full((length, length), float("-inf"), device=x.device).triu(1)
        found, seen = own.parts[0](
            value, value, value, need_weights=weights, attn_mask=mask if causal else None
        )
        found = found if first else found.transpose(0, 1)
        found = x + found if residual else found
        return (found, seen) if weights else found

    return Does(does, part)


def own_attention(rng: Rng, value: Any) -> nn.Module:
    """Attention that the module's own code computes."""
    width = value.shape[-1]
    heads, own = rng.choice(divisors(width)), rng.choice(["sdpa", "matmul", "einsum"])
    own = "matmul" if heads == width else own  # PyTorch multiplies single numbers without a sum
    bias, causal = rng.flip(), rng.flip(0.3)
    parts = [nn.Linear(width, width, bias=bias) for _ in range(4)]
    one = nn.Linear(width, 3 * width, bias=bias)

    def split(x: Any) -> Any:
        return x.unflatten(-1, (heads, -1)).transpose(1, 2)

    def attend(q: Any, k: Any, v: Any) -> Any:
        if own == "sdpa":
            return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        if own == "einsum":
            scores = torch.einsum("bhqd,bhkd->bhqk", q, k) * q.shape[-1] ** -0.5
            return torch.einsum("bhqk,bhkd->bhqd", scores.softmax(-1), v)
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        return scores.softmax(-1) @ v

    def apart(own: Any, x: Any) -> Any:
        q, k, v = (split(part(x)) for part in own.parts[:3])
        return own.parts[3](attend(q, k, v).transpose(1, 2).flatten(2))

    def at_once(own: Any, x: Any) -> Any:
        q, k, v = (split(one) for one in own.parts[0](x).chunk(3, -1))
        return own.parts[1](attend(q, k, v).transpose(1, 2).reshape(x.shape))

    return Does(apart, *parts) if rng.flip() else Does(at_once, one, parts[0])


def encoder(rng: Rng, value: Any) -> nn.Module:
    width = value.shape[-1]
    more: dict[str, Any] = {
        "activation": rng.choice(["relu", "gelu", F.silu]), "norm_first": rng.flip(),
        "bias": rng.flip(0.8), "batch_first": True, "dim_feedforward": rng.randint(2, 12),
    }  # fmt: skip
    heads = rng.choice(divisors(width))
    layer = nn.TransformerEncoderLayer(width, heads, **more)
    norm = nn.LayerNorm(width) if rng.flip() else None
    decoder = nn.TransformerDecoderLayer(width, heads, **more)
    return rng.choice([
        lambda: layer,
        lambda: nn.TransformerEncoder(layer, rng.randint(1, 3), norm, enable_nested_tensor=False),
        lambda: Does(lambda own, x: own.parts[1](own.parts[0](x), x), nn.Linear(width, width),
                     decoder),
    ])()  # fmt: skip


def row_conv(rng: Rng, value: Any) -> nn.Module:
    width = value.shape[-1]
    part = nn.Conv1d(width, rng.randint(1, 8), rng.randint(1, 3), rng.choice([1, 1, 2]),
                     rng.randint(0, 1))  # fmt: skip
    return Does(lambda own, x: own.parts[0](x.transpose(1, 2)).transpose(1, 2), part)


def row_moves(rng: Rng, value: Any) -> nn.Module:
    length, width = value.shape[1:]
    return rng.choice([
        lambda: Does(lambda own, x: x + own.w, w=(1, length, width)),
        lambda: Does(lambda own, x: torch.cat([own.w.expand(x.shape[0], -1, -1), x], 1),
                     w=(1, 1, width)),
        lambda: Does(lambda own, x: x[:, 0], kind="vector"),
        lambda: Does(lambda own, x: x[:, -1], kind="vector"),
        lambda: Does(lambda own, x: x[:, 1:]),
        lambda: Does(lambda own, x: x[:, ::2]),
        lambda: Does(lambda own, x: x.mean(1), kind="vector"),
        lambda: Does(lambda own, x: x.sum(1), kind="vector"),
        lambda: Does(lambda own, x: x.max(1).values, kind="vector"),
        lambda: Does(lambda own, x: x.cumsum(1)),
        lambda: Does(lambda own, x: x.transpose(1, 2), kind="map1"),
        lambda: Does(lambda own, x: x.transpose(1, 2)),
        lambda: Does(lambda own, x: x.flip(1)),
        lambda: nn.Flatten(),
        lambda: Does(lambda own, x: x.unsqueeze(1), kind="map2"),
        lambda: Does(lambda own, x: x.unflatten(-1, (-1, 2)).flatten(1, 2)),
        lambda: Does(lambda own, x: x @ x.transpose(1, 2)),
        lambda: Does(lambda own, x: torch.bmm(x, x.mT).softmax(-1) @ x),
        lambda: Does(lambda own, x: (x * x.softmax(1)).sum(1), kind="vector"),
        lambda: Does(lambda own, x: x.tril()),
        lambda: Does(lambda own, x: x.topk(2, dim=1)[0]),
        lambda: Does(lambda own, x: x.sort(dim=1)[0]),
        lambda: Does(lambda own, x: x.repeat(1, 2, 1)),
        lambda: Does(lambda own, x: torch.split(x, 2, dim=1)),
        lambda: Does(lambda own, x: x.unbind(1)[0], kind="vector"),
    ])()  # fmt: skip


ROW_STEPS: list[Step] = [
    linear, linear, linear, row_norm, row_norm, recurrent, recurrent, cells, attention, attention,
    own_attention, encoder, row_conv, row_moves, row_moves, row_moves, activation, activation,
    own_weights,
]  # fmt: skip


# ---- vectors and words ------------------------------------------------------------------------


def vector_moves(rng: Rng, value: Any) -> nn.Module:
    width = value.shape[-1]
    side = rng.randint(2, 4)
    return rng.choice([
        lambda: nn.Sequential(nn.Linear(width, 2 * side * side), nn.Unflatten(1, (2, side, side))),
        lambda: nn.Sequential(nn.Linear(width, 3 * side), nn.Unflatten(1, (3, side))),
        lambda: Does(lambda own, x: own.parts[0](x).view(x.shape[0], 3, -1), nn.Linear(width, 12)),
        lambda: Does(lambda own, x: own.parts[0](x).view(-1, 3, 4), nn.Linear(width, 12)),
        lambda: Does(lambda own, x: torch.cat([x, own.parts[0](x)], -1), nn.Linear(width, 3)),
        lambda: Does(lambda own, x: x[:, None, :] * own.w, w=(3, 1)),
        lambda: Does(lambda own, x: torch.einsum("bi,bj->bij", x, x)),
        lambda: Does(lambda own, x: own.parts[0](x, x), nn.Bilinear(width, width, 3)),
        lambda: Does(lambda own, x: x[:, :, None, None].expand(-1, -1, 3, 4)),
        lambda: Does(lambda own, x: x.chunk(2, -1)),
        lambda: Does(lambda own, x: torch.cdist(x, own.w), w=(4, width)),
        lambda: Does(lambda own, x: F.cosine_similarity(x[:, None], own.w[None], dim=-1),
                     w=(4, width)),
        lambda: Does(lambda own, x: torch.addmm(own.b, x, own.w), b=5, w=(width, 5)),
    ])()  # fmt: skip


VECTOR_STEPS: list[Step] = [
    linear, linear, linear, row_norm, activation, activation, own_weights, vector_moves,
    vector_moves,
]  # fmt: skip


def embedded(rng: Rng, value: Any) -> nn.Module:
    width = rng.choice([4, 6, 8])
    table = nn.Embedding(10, width, padding_idx=rng.choice([None, 0]))
    places = nn.Embedding(value.shape[1], width)
    return rng.choice([
        lambda: table,
        lambda: nn.EmbeddingBag(10, width, mode=rng.choice(["sum", "mean", "max"])),
        lambda: Does(lambda own, x: own.parts[0](x) + own.parts[1].weight, table, places),
        lambda: Does(lambda own, x: own.parts[0](x) + own.parts[1](
            torch.arange(x.shape[1], device=x.device)), table, places),
        lambda: Does(lambda own, x: own.parts[0](x) @ own.parts[0].weight.T, table),
        lambda: Does(lambda own, x: F.one_hot(x, 10).to(torch.get_default_dtype())),
        lambda: Does(lambda own, x: F.embedding(x, own.w) * 2.0, w=(12, width)),
    ])()  # fmt: skip


WORD_STEPS: list[Step] = [embedded]


# ---- two values -------------------------------------------------------------------------------


def pair(rng: Rng, one: Any, two: Any) -> nn.Module | None:
    """A step of two values; None where there is none that fits."""
    if not (one.is_floating_point() and two.is_floating_point()):
        return None
    if one.shape == two.shape:
        axis = rng.randint(1, one.dim() - 1)
        return rng.choice([
            *[lambda: Does(lambda own, x, y: x + y)] * 3,
            lambda: Does(lambda own, x, y: x * y),
            lambda: Does(lambda own, x, y: x - y),
            lambda: Does(lambda own, x, y: y / (x.abs() + 1)),
            lambda: Does(lambda own, x, y: torch.maximum(x, y)),
            lambda: Does(lambda own, x, y: torch.cat([x, y], axis)),
            lambda: Does(lambda own, x, y: torch.cat([x, y, x], 1)),
            lambda: Does(lambda own, x, y: torch.lerp(x, y, 0.3)),
            lambda: Does(lambda own, x, y: (x + 2 * y) / 3),
            lambda: Does(lambda own, x, y: own.g * x + (1 - own.g) * y, g=()),
            lambda: Does(lambda own, x, y: torch.where(x > y, x, y)),
        ])()  # fmt: skip
    return _unlike(rng, one, two)


def _unlike(rng: Rng, one: Any, two: Any) -> nn.Module | None:
    width, other = one.shape[-1], two.shape[-1]
    if one.dim() == two.dim() == 3:
        heads = rng.choice(divisors(width))
        part = nn.MultiheadAttention(width, heads, kdim=other, vdim=other, batch_first=True)
        return rng.choice([
            lambda: Does(lambda own, x, y: own.parts[0](x, y, y)[0], part),
            lambda: Does(lambda own, x, y: own.parts[0](x, y, y, need_weights=False)[0], part),
            lambda: Does(lambda own, x, y: torch.einsum("bic,bjd->bij", own.parts[0](x), y),
                         nn.Linear(width, 3)),
            lambda: Does(lambda own, x, y: own.parts[0](x) @ y.transpose(1, 2),
                         nn.Linear(width, other)),
        ])()  # fmt: skip
    if one.dim() == two.dim() == 2:
        return rng.choice([
            lambda: Does(lambda own, x, y: torch.cat([x, y], 1)),
            lambda: nn.Bilinear(width, other, 3),
            lambda: Does(lambda own, x, y: x + own.parts[0](y), nn.Linear(other, width)),
            lambda: Does(lambda own, x, y: torch.einsum("bi,bj->bij", x, y)),
        ])()  # fmt: skip
    if one.dim() > 2 and two.dim() == 2:
        ones = (1,) * (one.dim() - 2)
        return rng.choice([
            lambda: Does(lambda own, x, y: x * own.parts[0](y).view(-1, x.shape[1], *ones),
                         nn.Linear(other, one.shape[1])),
            lambda: Does(lambda own, x, y: x + own.parts[0](y).unflatten(1, (-1, *ones)),
                         nn.Linear(other, one.shape[1])),
        ])()  # fmt: skip
    if one.dim() == two.dim() > 3:
        size = one.shape[2:]
        return Does(lambda own, x, y: torch.cat([x, F.interpolate(y, size)], 1))
    return None


PAIR_STEPS = [pair]
