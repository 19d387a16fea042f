#!/usr/bin/env python3
"""Writes norms.npz: what PyTorch computes for BatchNorm1d, BatchNorm2d and LayerNorm, in float64, for NormGoldenTest.

Run with torch 1.13 and numpy: python3 make.py. Each case has an input x and a gradient dy per step ([steps, ...]; pictures as
[B, C, H, W]), start values of weight and bias, and of each step the output y and the gradients dx, dweight, dbias. Batch norms
also have the running statistics after the steps, and the output of evaluation mode on the last x.
"""
import numpy as np
import torch

STEPS = 3
CASES = {
    "batchnorm1d": (lambda: torch.nn.BatchNorm1d(5), (7, 5)),
    "batchnorm1d_pair": (lambda: torch.nn.BatchNorm1d(3, eps=1e-3, momentum=0.3), (2, 3)),
    "batchnorm2d": (lambda: torch.nn.BatchNorm2d(3), (4, 3, 5, 2)),
    "batchnorm2d_one_sample": (lambda: torch.nn.BatchNorm2d(2, eps=1e-4, momentum=1.0), (1, 2, 3, 3)),
    "layernorm": (lambda: torch.nn.LayerNorm(6), (4, 6)),
    "layernorm_channels": (lambda: torch.nn.LayerNorm(3, eps=1e-3), (2, 3, 4, 2)),
}

torch.manual_seed(20)
arrays = {}
for name, (make, shape) in CASES.items():
    layer = make().double()
    with torch.no_grad():
        layer.weight.copy_(1 + 0.5 * torch.randn(layer.weight.shape))
        layer.bias.copy_(0.5 * torch.randn(layer.bias.shape))
    arrays[f"{name}.weight"] = layer.weight.detach().numpy().copy()
    arrays[f"{name}.bias"] = layer.bias.detach().numpy().copy()
    rows = {key: [] for key in ("x", "dy", "y", "dx", "dweight", "dbias")}
    # Drawn in float32, so that every backend starts with the same numbers.
    draw = lambda: torch.randn(shape).double()

    def apply(x):
        # LayerNorm(C) sees pictures channels last.
        last = isinstance(layer, torch.nn.LayerNorm) and x.dim() == 4
        return layer(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2) if last else layer(x)

    for step in range(STEPS):
        x = (0.5 + (1 + step) * draw()).float().double().requires_grad_()
        dy = draw()
        layer.zero_grad()
        y = apply(x)
        y.backward(dy)
        for key, value in {
            "x": x, "dy": dy, "y": y, "dx": x.grad, "dweight": layer.weight.grad, "dbias": layer.bias.grad,
        }.items():
            rows[key].append(value.detach().numpy().copy())
    for key, values in rows.items():
        arrays[f"{name}.{key}"] = np.stack(values)
    if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
        arrays[f"{name}.running_mean"] = layer.running_mean.numpy().copy()
        arrays[f"{name}.running_var"] = layer.running_var.numpy().copy()
        arrays[f"{name}.num_batches_tracked"] = np.array([layer.num_batches_tracked.item()], dtype=np.float64)
        layer.eval()
        arrays[f"{name}.evaluated"] = apply(x).detach().numpy().copy()
np.savez_compressed("norms.npz", **{key: np.ascontiguousarray(value) for key, value in arrays.items()})
print({key: value.shape for key, value in arrays.items()})
