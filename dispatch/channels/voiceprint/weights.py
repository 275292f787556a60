"""The weights of Resemblyzer's speaker encoder, read out of its wheel's file without PyTorch.

The file is PyTorch's format from before 1.6: five pickles (a magic number, the version, the byte order and sizes, the
objects, the keys of the storages), then each storage as its count and its numbers. The objects are read with everything
refused but dictionaries and tensors: a pickle may otherwise run what it likes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gateway.errors import OperatorError

_NUMBER = np.dtype("<f4")
_MAGIC = 0x1950A86A20F9469CFC6C
_COUNT = struct.Struct("<q")
_FED = "ge2e-1"
"""Count it up with any change of what the encoder is given: speech, spectrum, pieces."""

Weights = Mapping[str, npt.NDArray[np.float32]]
"""By the names of the model's layers, as ``lstm.weight_ih_l0`` and ``linear.bias``."""


class NoVoiceModel(OperatorError):  # noqa: N818 - says what is not there
    """The encoder's weights cannot be had: the message says why, and what to install."""


class _Tensor(NamedTuple):
    storage: str
    offset: int
    shape: tuple[int, ...]


class _Reader(pickle.Unpickler):
    """Dictionaries and tensors; everything else is refused."""

    def find_class(self, module: str, name: str, /) -> Any:  # noqa: ANN401 - as pickle declares it
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("torch", "FloatStorage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights")

    def persistent_load(self, pid: Any) -> Any:  # noqa: ANN401 - as pickle declares it
        return str(pid[2])


def _tensor(storage: str, offset: int, shape: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape)


def installed_weights() -> Weights:
    """Read the weights that the wheel ``resemblyzer`` brings.

    Raises:
        NoVoiceModel: it is not installed, or its file is another than was tried.
    """
    found = importlib.util.find_spec("resemblyzer")
    if found is None or not found.submodule_search_locations:
        raise NoVoiceModel("voice prints need the weights of resemblyzer: pip install 'callahead[voice]'")
    return read_weights(Path(found.submodule_search_locations[0]) / "pretrained.pt")


def edition_of(weights: Weights) -> str:
    """Return by what prints are told apart that say nothing to each other: these numbers, and how this package feeds them."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + weights[name].tobytes())
    return f"{_FED}-{digest.hexdigest()[:12]}"


def read_weights(path: Path) -> Weights:
    """Read a file of weights.

    Raises:
        NoVoiceModel: it cannot be read, or is another format.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, pickle.UnpicklingError, struct.error, EOFError, LookupError, TypeError, ValueError) as error:
        raise NoVoiceModel(f"{path.name}: not the weights of Resemblyzer 0.1 ({error})") from error


def _read(file: IO[bytes]) -> Weights:
    if _next(file) != _MAGIC:
        raise ValueError("another format")
    _next(file), _next(file)
    state = _next(file)["model_state"]
    starts = _storages(file, _next(file))
    return {name: _numbers(file, starts, one) for name, one in state.items() if isinstance(one, _Tensor)}


def _next(file: IO[bytes]) -> Any:  # noqa: ANN401 - whatever the pickle holds
    return _Reader(file).load()


def _storages(file: IO[bytes], keys: list[str]) -> dict[str, int]:
    """Return where each storage's numbers begin."""
    starts: dict[str, int] = {}
    for key in keys:
        (count,) = _COUNT.unpack(file.read(_COUNT.size))
        starts[key] = file.tell()
        file.seek(count * _NUMBER.itemsize, 1)
    return starts


def _numbers(file: IO[bytes], starts: Mapping[str, int], tensor: _Tensor) -> npt.NDArray[np.float32]:
    size = _NUMBER.itemsize
    file.seek(starts[tensor.storage] + tensor.offset * size)
    read = file.read(prod(tensor.shape) * size)
    return np.frombuffer(read, _NUMBER).reshape(tensor.shape).astype(np.float32)
