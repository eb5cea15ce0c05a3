"""Steps of random PyTorch networks over maps of one to three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch_parts import Does, Rng, Step, divisors
from torch_points import activation, own_weights


def _rank(value: Any) -> int:
    return int(value.dim()) - 2


# ---- maps -------------------------------------------------------------------------------------


def conv(rng: Rng, value: Any) -> nn.Module:
    rank, channels = _rank(value), value.shape[1]
    filters = rng.choice([channels, rng.randint(1, 8), 2 * channels])
    groups = rng.choice(divisors(channels, filters)) if rng.flip(0.4) else 1
    mode = rng.choice(["zeros", "zeros", "zeros", "reflect", "replicate", "circular"])
    padding = rng.sides(rank, 0, 2)
    stride = 1 if rng.flip(0.6) else rng.sides(rank, 1, 2)
    if rng.flip(0.25):
        padding, stride = rng.choice(["same", "valid"]), 1
    return (getattr(nn, f"Conv{rank}d")(
        channels, filters, rng.sides(rank, 1, 4), stride, padding,
        1 if rng.flip(0.7) else rng.sides(rank, 1, 3), groups, rng.flip(0.7), mode,
    ))  # fmt: skip


def conv_transpose(rng: Rng, value: Any) -> nn.Module:
    rank, channels = _rank(value), value.shape[1]
    filters = rng.choice([channels, rng.randint(1, 6)])
    groups = rng.choice(divisors(channels, filters)) if rng.flip(0.4) else 1
    return (getattr(nn, f"ConvTranspose{rank}d")(
        channels, filters, rng.sides(rank, 1, 4), rng.sides(rank, 1, 3),
        rng.sides(rank, 0, 1), rng.sides(rank, 0, 1) if rng.flip(0.4) else 0, groups,
        rng.flip(0.7), 1 if rng.flip(0.8) else rng.sides(rank, 1, 2),
    ))  # fmt: skip


def pool(rng: Rng, value: Any) -> nn.Module:
    rank = _rank(value)
    kernel, padding = rng.sides(rank, 2, 3), rng.sides(rank, 0, 1)
    stride = None if rng.flip() else rng.sides(rank, 1, 3)
    if rng.flip():
        dilation = 1 if rng.flip(0.8) else rng.sides(rank, 1, 2)
        return (getattr(nn, f"MaxPool{rank}d")(
            kernel, stride, padding, dilation, ceil_mode=rng.flip(0.4)))  # fmt: skip
    more: dict[str, Any] = {"ceil_mode": rng.flip(0.4), "count_include_pad": rng.flip()}
    if rank > 1 and rng.flip(0.2):
        more["divisor_override"] = rng.randint(1, 5)
    return getattr(nn, f"AvgPool{rank}d")(kernel, stride, padding, **more)


def adaptive(rng: Rng, value: Any) -> nn.Module:
    rank = _rank(value)
    size = tuple(rng.choice([1, 2, 3, 5, None] if rank > 1 else [1, 2, 3]) for _ in range(rank))
    size = 1 if rng.flip(0.4) else size
    return getattr(nn, f"Adaptive{rng.choice(['Avg', 'Max'])}Pool{rank}d")(size)


def power_pool(rng: Rng, value: Any) -> nn.Module | None:
    rank = _rank(value)
    made = getattr(nn, f"LPPool{rank}d")
    return made(rng.choice([1, 2, 3]), 2, None if rng.flip() else 1, ceil_mode=rng.flip(0.3))


def unpool(rng: Rng, value: Any) -> nn.Module:
    rank = _rank(value)
    return Does(
        lambda own, x: own.parts[1](*own.parts[0](x), output_size=x.shape),
        getattr(nn, f"MaxPool{rank}d")(2, return_indices=True),
        getattr(nn, f"MaxUnpool{rank}d")(2),
    )


def map_norm(rng: Rng, value: Any) -> nn.Module:
    rank, channels = _rank(value), value.shape[1]
    affine = rng.flip(0.75)
    batch = getattr(nn, f"BatchNorm{rank}d")
    instance = getattr(nn, f"InstanceNorm{rank}d")
    groups = rng.choice(divisors(channels))
    axes = tuple(value.shape[-rng.randint(1, rank + 1) :])
    return (rng.choice([
        lambda: batch(channels, affine=affine, momentum=rng.choice([0.1, None])),
        lambda: batch(channels, affine=affine, track_running_stats=rng.flip()),
        lambda: instance(channels, affine=affine, track_running_stats=rng.flip(0.3)),
        lambda: nn.GroupNorm(groups, channels, affine=affine),
        lambda: nn.LayerNorm(axes, elementwise_affine=affine, bias=rng.flip(0.7)),
        lambda: nn.RMSNorm(axes, elementwise_affine=affine),
        lambda: nn.LocalResponseNorm(rng.randint(1, 3)),
        lambda: Does(lambda own, x: own.parts[0](x.movedim(1, -1)).movedim(-1, 1),
                     nn.LayerNorm(channels, elementwise_affine=affine)),
        lambda: Does(lambda own, x: F.normalize(x, dim=1)),
    ])())  # fmt: skip


def resized(rng: Rng, value: Any) -> nn.Module:
    rank = _rank(value)
    mode = rng.choice(["nearest", ("linear", "bilinear", "trilinear")[rank - 1], "nearest-exact"])
    mode = rng.choice([mode, "bicubic", "area"]) if rank == 2 else mode
    align = rng.choice([None, False, True]) if mode.endswith(("linear", "cubic")) else None
    if rng.flip():
        factor: Any = rng.choice([2, 2, 3, 1.5, 0.5])
        return nn.Upsample(scale_factor=factor, mode=mode, align_corners=align)
    size = tuple(rng.randint(2, 12) for _ in range(rank))
    return Does(lambda own, x: F.interpolate(x, size=size, mode=mode, align_corners=align))


def padded(rng: Rng, value: Any) -> nn.Module:
    rank = _rank(value)
    each = [rng.randint(0, 2) for _ in range(2 * rank)]
    size = rng.randint(1, 2) if rng.flip() else tuple(each)
    kind = rng.choice(["Zero", "Reflection", "Replication", "Circular", "Constant"])
    if kind == "Constant":
        return getattr(nn, f"ConstantPad{rank}d")(size, rng.choice([0.0, 1.5]))
    if rng.flip(0.3):
        cut = [rng.randint(-2, 2) for _ in range(2 * rank)]
        return Does(lambda own, x: F.pad(x, cut))
    return getattr(nn, f"{kind}Pad{rank}d")(size)


def shuffled(rng: Rng, value: Any) -> nn.Module | None:
    rank, channels = _rank(value), value.shape[1]
    groups = rng.choice(divisors(channels))
    choices: list[Callable[[], nn.Module]] = [
        lambda: nn.ChannelShuffle(groups),
        lambda: Does(lambda own, x: x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)),
        lambda: Does(lambda own, x: torch.roll(x, (1, 2)[: min(rank, 2)], (2, 3)[: min(rank, 2)])),
        lambda: Does(lambda own, x: x.flip(-1)),
        lambda: Does(lambda own, x: x.transpose(-1, -2) if rank > 1 else x.flip(1)),
        lambda: Does(lambda own, x: x[:, :, 1:]),
        lambda: Does(lambda own, x: x[..., ::2]),
        lambda: Does(lambda own, x: x[:, : max(channels // 2, 1)]),
        lambda: Does(lambda own, x: x.narrow(-1, 0, 2)),
        lambda: Does(lambda own, x: x.repeat(1, 2, *[1] * rank)),
        lambda: Does(lambda own, x: x.repeat_interleave(2, dim=1)),
    ]
    if rank == 2:
        choices += [
            lambda: nn.PixelShuffle(2),
            lambda: nn.PixelUnshuffle(2),
            lambda: Does(_unfolded, kind="rows"),
            lambda: nn.Dropout2d(0.2),
            lambda: nn.Softmax2d(),
            lambda: Does(_windows),
        ]
    return rng.choice(choices)()


def _unfolded(own: Any, x: Any) -> Any:
    return F.unfold(x, 2, stride=2).transpose(1, 2)


def _windows(own: Any, x: Any) -> Any:
    """Into windows of two by two and back, as Swin does."""
    x = x[..., : x.shape[-2] // 2 * 2, : x.shape[-1] // 2 * 2]
    n, c, h, w = x.shape
    parts = x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 3, 5, 1)
    return parts.permute(0, 5, 1, 3, 2, 4).reshape(n, c, h, w)


def branched(rng: Rng, value: Any) -> nn.Module:
    """Several ways from one map, that come together."""
    rank, channels = _rank(value), value.shape[1]
    made = getattr(nn, f"Conv{rank}d")
    one, two = made(channels, channels, 3, padding=1), made(channels, channels, 1, bias=rng.flip())
    gate = made(channels, channels, 1)
    means = tuple(range(2, rank + 2))
    wide = made(channels, 2 * channels, 1)
    return (rng.choice([
        lambda: Does(lambda own, x: x + own.parts[0](x), one),
        lambda: Does(lambda own, x: own.parts[0](x) + own.parts[1](x), one, two),
        lambda: Does(lambda own, x: torch.cat([x, own.parts[0](x)], 1), one),
        lambda: Does(lambda own, x: torch.cat([own.parts[0](x), x, own.parts[1](x)], 2), one, two),
        lambda: Does(lambda own, x: x * own.parts[0](x.mean(means, keepdim=True)).sigmoid(), gate),
        lambda: Does(lambda own, x: own.parts[0](F.relu(own.parts[0](x))), one),
        lambda: Does(_split, wide, one, two),
        lambda: Does(lambda own, x: torch.stack([x, own.parts[0](x)]).sum(0), one),
        lambda: Does(lambda own, x: torch.stack([x, own.parts[0](x)], 1).flatten(1, 2), one),
        lambda: Does(lambda own, x: sum(part(x) for part in own.parts), one, two, gate),
        lambda: Does(lambda own, x: torch.maximum(own.parts[0](x), x) / 2, one),
        lambda: Does(lambda own, x: torch.cat([x.mean(1, True), x.amax(1, True)], 1)),
        lambda: nn.Sequential(one, getattr(nn, f"BatchNorm{rank}d")(channels), nn.ReLU(), two),
    ])())  # fmt: skip


def _split(own: Any, x: Any) -> Any:
    one, two = own.parts[0](x).chunk(2, 1)
    return own.parts[1](one) * own.parts[2](two).tanh()


def left_maps(rng: Rng, value: Any) -> nn.Module:
    """From a map to rows or a vector."""
    means = tuple(range(2, value.dim()))
    return rng.choice([
        lambda: nn.Flatten(),
        lambda: Does(lambda own, x: x.flatten(2).transpose(1, 2), kind="rows"),
        lambda: Does(lambda own, x: x.flatten(2), kind="rows"),
        lambda: Does(lambda own, x: x.mean(means), kind="vector"),
        lambda: Does(lambda own, x: x.amax(means), kind="vector"),
        lambda: Does(lambda own, x: x.flatten(2).max(-1)[0], kind="vector"),
        lambda: Does(lambda own, x: x.mean(-1)),
        lambda: Does(lambda own, x: x.reshape(x.shape[0], -1), kind="vector"),
        lambda: Does(lambda own, x: x.std(means), kind="vector"),
    ])()  # fmt: skip


MAP_STEPS: list[Step] = [
    conv, conv, conv, conv, conv_transpose, conv_transpose, pool, pool, adaptive, power_pool,
    unpool, map_norm, map_norm, map_norm, activation, activation, own_weights, resized, padded,
    shuffled, shuffled, branched, branched, branched, left_maps,
]  # fmt: skip
