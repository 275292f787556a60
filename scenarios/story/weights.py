"""Words and how often each is drawn, as a story writes them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, WithJsonSchema

from dispatch.policy_model.units import share

AS_WEIGHT = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%\s*$"}]}


def weights(found: object) -> object:
    """Read ``{lv: 60%, ru: 40%}``: words and how often each is drawn. They need not add up to 1."""
    if not isinstance(found, dict) or not found:
        message = "write words and their shares, as {lv: 60%, ru: 40%}"
        raise ValueError(message)
    return {str(word): share(weight) for word, weight in found.items()}


Weights = Annotated[
    dict[str, float],
    BeforeValidator(weights),
    WithJsonSchema({"type": "object", "minProperties": 1, "additionalProperties": AS_WEIGHT}),
]


def drawn(words: dict[str, float], dice: np.random.Generator) -> str:
    """Draw one of them."""
    shares = np.array(list(words.values()))
    return list(words)[int(dice.choice(len(shares), p=shares / shares.sum()))]
