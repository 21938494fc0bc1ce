"""The network computes what its description says, and its values have the authors' names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_fncells.model.layout import COUNTER, layers, value_shapes
from napari_fncells.model.tiles import REACH

torch = pytest.importorskip("torch")

from napari_fncells.model.cresunet import (  # noqa: E402
    ConvPath,
    CResUnet,
    ResidualBlock,
    UpBlock,
)

Array = NDArray[np.float64]


def random_network(seed: int = 0) -> CResUnet:
    """A network in which no value is 0 or 1 by default, normalisations included."""
    torch.manual_seed(seed)
    network = CResUnet()
    for layer in network.modules():
        shake(layer)
    return network.eval()


def shake(layer: torch.nn.Module) -> None:
    if isinstance(layer, torch.nn.BatchNorm2d):
        torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
        torch.nn.init.uniform_(layer.bias, -0.5, 0.5)
        torch.nn.init.uniform_(layer.running_mean, -0.5, 0.5)
        torch.nn.init.uniform_(layer.running_var, 0.5, 1.5)
    elif isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
        torch.nn.init.uniform_(layer.bias, -0.5, 0.5)


def ready(block: torch.nn.Module) -> torch.nn.Module:
    for layer in block.modules():
        shake(layer)
    return block.double().eval()


# What the blocks should give, written out in numpy


def norm(x: Array, layer: torch.nn.BatchNorm2d) -> Array:
    scale = values(layer.weight) / np.sqrt(values(layer.running_var) + 1e-3)
    shift = values(layer.bias) - values(layer.running_mean) * scale
    return x * scale[:, None, None] + shift[:, None, None]


def elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def conv(x: Array, layer: torch.nn.Conv2d) -> Array:
    kernel, bias = values(layer.weight), values(layer.bias)
    side = kernel.shape[2]
    padded = np.pad(x, ((0, 0), (side // 2,) * 2, (side // 2,) * 2))
    height, width = x.shape[1:]
    result = np.zeros((len(kernel), height, width)) + bias[:, None, None]
    for dy in range(side):
        for dx in range(side):
            shifted = padded[:, dy : dy + height, dx : dx + width]
            result += np.einsum("oi,iyx->oyx", kernel[:, :, dy, dx], shifted)
    return result


def up(x: Array, layer: torch.nn.ConvTranspose2d) -> Array:
    kernel = values(layer.weight)
    result = np.zeros((kernel.shape[1], 2 * x.shape[1], 2 * x.shape[2]))
    for dy in range(2):
        for dx in range(2):
            result[:, dy::2, dx::2] = np.einsum("io,iyx->oyx", kernel[:, :, dy, dx], x)
    return result + values(layer.bias)[:, None, None]


def path(x: Array, block: ConvPath) -> Array:
    norm_1, conv_1, norm_2, conv_2 = block.conv_block.values()
    return conv(elu(norm(conv(elu(norm(x, norm_1)), conv_1), norm_2)), conv_2)


def values(parameter: torch.Tensor) -> Array:
    return parameter.detach().double().numpy()


def run(block: torch.nn.Module, *inputs: Array) -> Array:
    with torch.inference_mode():
        result = block(*(torch.from_numpy(x)[None] for x in inputs))[0].numpy()
    return np.asarray(result)


def noise(*shape: int) -> Array:
    return np.random.default_rng(3).normal(size=shape)


@pytest.mark.parametrize("side", [3, 5])
def test_a_path_of_convolutions(side: int) -> None:
    block, x = ready(ConvPath(2, 3, side)), noise(2, 7, 6)
    np.testing.assert_allclose(run(block, x), path(x, block), atol=1e-12)


def test_a_residual_block_adds_its_input_by_a_convolution() -> None:
    block, x = ready(ResidualBlock(2, 3, 5)), noise(2, 7, 6)
    expected = path(x, block.conv_path) + conv(x, block.id_path["conv2d_1"])
    np.testing.assert_allclose(run(block, x), expected, atol=1e-12)


def test_a_residual_block_of_even_width_adds_its_input_itself() -> None:
    block, x = ready(ResidualBlock(3, 3)), noise(3, 5, 5)
    assert not list(block.id_path.parameters())
    np.testing.assert_allclose(run(block, x), path(x, block.conv_path) + x, atol=1e-12)


def test_an_up_block() -> None:
    block, x, skip = ready(UpBlock(4, 2)), noise(4, 3, 4), noise(2, 6, 8)
    upsampled = up(x, block.id_path["up_conv"])
    expected = path(np.concatenate([upsampled, skip]), block.conv_path) + upsampled
    np.testing.assert_allclose(run(block, x, skip), expected, atol=1e-12)


def pool(x: Array) -> Array:
    channels, height, width = x.shape
    return x.reshape(channels, height // 2, 2, width // 2, 2).max(axis=(2, 4))


def residual(x: Array, block: ResidualBlock) -> Array:
    shortcut = conv(x, block.id_path["conv2d_1"]) if len(block.id_path) else x
    return path(x, block.conv_path) + shortcut


def ascend(x: Array, skip: Array, block: UpBlock) -> Array:
    upsampled = up(x, block.id_path["up_conv"])
    return path(np.concatenate([upsampled, skip]), block.conv_path) + upsampled


def test_the_whole_network() -> None:
    network = random_network().double()
    x = noise(3, 16, 24)
    encoder, decoder = network.encoder, network.decoder
    first = path(conv(x, encoder.colorspace), encoder.conv_block)
    second = residual(pool(first), encoder.residual_block1)
    third = residual(pool(second), encoder.residual_block2)
    deepest = residual(pool(third), encoder.bottleneck.residual_block1)
    deepest = residual(deepest, encoder.bottleneck.residual_block2)
    y = ascend(deepest, third, decoder.upconv_block1)
    y = ascend(y, second, decoder.upconv_block2)
    y = ascend(y, first, decoder.upconv_block3)
    expected = conv(y, network.head["heatmap"]["conv2d"])
    np.testing.assert_allclose(run(network, x), expected, rtol=1e-9, atol=1e-9)


def test_names_and_shapes_are_those_of_the_layout() -> None:
    found = {name: tuple(value.shape) for name, value in CResUnet().state_dict().items()}
    assert found == value_shapes()
    assert list(found) == list(value_shapes())


def test_names_and_shapes_are_those_of_the_authors(real_data: Path) -> None:
    table = (real_data / "cresunet_state_dict.tsv").read_text()
    rows = [line.split("\t") for line in table.splitlines()]
    assert dict(rows) == {name: str(shape) for name, shape in value_shapes().items()}
    assert [name for name, _ in rows] == list(value_shapes())


def test_the_published_number_of_values() -> None:
    network = CResUnet()
    sizes = {n: v.numel() for n, v in network.state_dict().items() if not n.endswith(COUNTER)}
    assert len(sizes) == 112
    assert sum(sizes.values()) == 1_709_177
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == 1_707_287


def test_each_layer_has_one_kind() -> None:
    found = [name for kind in ("norm", "wide", "point", "up") for name in layers(kind)]
    expected = {name.removesuffix(".weight") for name in value_shapes() if "weight" in name}
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_normalisation_is_that_of_the_publication() -> None:
    norms = [m for m in CResUnet().modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert {(m.eps, m.momentum) for m in norms} == {(1e-3, 0.01)}


def test_a_pixel_depends_on_those_within_reach_alone() -> None:
    network = random_network().double()
    for parameter in network.parameters():
        parameter.data.abs_()  # so that no two ways cancel
    side = 384
    for place in (8, 200, 207):  # the first and the last of eight that share the deepest pixel
        x = torch.rand(1, 3, 8, side, dtype=torch.float64, requires_grad=True)
        network(x)[0, 0, 4, place].backward()
        touched = np.flatnonzero(x.grad.abs().sum(dim=(0, 1, 2)).numpy())
        assert touched.max() - place <= REACH
        assert place - touched.min() <= REACH
    assert place - touched.min() > REACH - 8 or touched.max() - place > REACH - 8


def test_it_can_be_trained() -> None:
    network = CResUnet().train()
    network(torch.rand(2, 3, 16, 16)).sigmoid().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
