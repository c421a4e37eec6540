"""Write keras_optimizers.json: what Keras' optimizers do with given gradients.

KERAS_BACKEND=torch python tests/golden/make_keras_optimizers.py
"""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

START = [1.0, -2.0, 0.5, 0.0]
GRADIENTS = [
    [0.1, -0.2, 3.0, 0.0],
    [0.3, -0.1, -2.0, 0.0],
    [-0.7, 0.4, 1.0, 1e-6],
    [0.2, 0.9, 0.5, 0.0],
]

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.3}),
    ("SGD", {"learning_rate": 0.3, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.3, "momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.3}),
    # Large, so that it matters where it is added.
    ("Adam", {"learning_rate": 0.3, "beta_1": 0.5, "beta_2": 0.7, "epsilon": 0.1}),
]


def row(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The case, and the weights after every step."""
    optimizer = getattr(keras.optimizers, name)(**settings)
    weights = keras.Variable(np.array(START), dtype="float64")
    path = []
    for gradient in GRADIENTS:
        moved = keras.ops.convert_to_tensor(np.array(gradient), dtype="float64")
        optimizer.apply([moved], [weights])
        path.append(keras.ops.convert_to_numpy(weights).tolist())
    defaults = {
        key: value
        for key, value in optimizer.get_config().items()
        if key in ("learning_rate", "momentum", "nesterov", "beta_1", "beta_2", "epsilon")
    }
    return {"optimizer": name, "settings": settings, "all": defaults, "path": path}


def main() -> None:
    rows = [row(*case) for case in CASES]
    content = {"keras": keras.__version__, "start": START, "gradients": GRADIENTS, "rows": rows}
    text = json.dumps(content, indent=1)
    Path(__file__).with_name("keras_optimizers.json").write_text(f"{text}\n")


if __name__ == "__main__":
    main()
