"""Keras on the backend that KERAS_BACKEND names, driven by lines of JSON on standard input.

A line is [function, arguments]; the answer is a line {"result": ...} or {"error": traceback}.
"""

import json
import os
import sys
import traceback
from typing import Any

import keras
import numpy as np

import vscore


def backend() -> list[str]:
    return [keras.backend.backend(), keras.__version__]


def example_model(seed: int = 5) -> Any:
    """The README's: 100 inputs, 64 ReLU units started by ours, 10 classes."""
    initializer = vscore.VarianceScaling(1.0, "fan_in", "normal", seed=seed)
    return keras.Sequential(
        [
            keras.Input((100,)),
            keras.layers.Dense(64, activation="relu", kernel_initializer=initializer),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def inputs() -> Any:
    return np.random.default_rng(0).standard_normal((256, 100), dtype=np.float32)


def build_example() -> dict[str, Any]:
    model = example_model()
    outputs = keras.ops.convert_to_numpy(model(inputs()))
    kernel = keras.ops.convert_to_numpy(model.layers[0].kernel)
    return {
        "parameters": [layer.count_params() for layer in model.layers],
        "shape": list(outputs.shape),
        "sums": outputs.sum(axis=1).tolist(),
        "kernel": kernel.tolist(),
        "dtype": str(kernel.dtype),
    }


def dense_in(dtype: str) -> str:
    layer = keras.layers.Dense(64, kernel_initializer=vscore.VarianceScaling(seed=1), dtype=dtype)
    layer.build((None, 100))
    return str(layer.kernel.dtype)


def train_example() -> list[float]:
    """Losses by epoch, on classes that a linear map of the inputs decides."""
    model = example_model()
    x = inputs()
    y = (x @ np.random.default_rng(1).standard_normal((100, 10))).argmax(axis=1)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return [float(v) for v in model.fit(x, y, epochs=8, verbose=0).history["loss"]]


def save_and_load(path: str) -> dict[str, Any]:
    model = example_model()
    before = keras.ops.convert_to_numpy(model(inputs()))
    model.save(path)
    loaded = keras.models.load_model(path, custom_objects=dict(vscore.CUSTOM_OBJECTS))
    after = keras.ops.convert_to_numpy(loaded(inputs()))
    initializer = loaded.layers[0].kernel_initializer
    return {
        "difference": float(np.abs(after - before).max()),
        "module": type(initializer).__module__.split(".")[0],
        "config": initializer.get_config(),
    }


def layer_config() -> Any:
    """A layer that holds ours, taken apart and put together again."""
    layer = keras.layers.Dense(8, kernel_initializer=vscore.RandomNormal(0.0, 0.2, seed=3))
    with keras.saving.custom_object_scope(dict(vscore.CUSTOM_OBJECTS)):
        again = keras.layers.Dense.from_config(layer.get_config())
    return again.kernel_initializer.get_config()


def weights(kind: str, config: dict[str, Any], shape: list[int], path: str) -> None:
    """Keras' own draw, saved as float32."""
    initializer = getattr(keras.initializers, kind).from_config(config)
    np.save(path, keras.ops.convert_to_numpy(initializer(tuple(shape), dtype="float32")))


def accepts(configs: list[dict[str, Any]]) -> list[bool]:
    """Whether Keras constructs each."""
    return [constructed(config) for config in configs]


def constructed(config: dict[str, Any]) -> bool:
    try:
        keras.initializers.VarianceScaling(**config)
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def config_of(kind: str, config: dict[str, Any]) -> Any:
    """What Keras makes of a config: the one that it gives back."""
    return getattr(keras.initializers, kind).from_config(config).get_config()


def fans(shape: list[int], **axes: Any) -> list[int]:
    from keras.src.initializers.random_initializers import compute_fans

    return list(compute_fans(tuple(shape), **axes))


def spelled(source: str, points: list[float]) -> list[float]:
    """What a function of one tensor, given as source, makes of these points."""
    function = eval(source, {"keras": keras})
    x = keras.ops.convert_to_tensor(np.array(points, np.float32))
    return list(map(float, keras.ops.convert_to_numpy(function(x))))


def save_many_layers(path: str, weights_path: str, seed: int) -> dict[str, list[str]]:
    """Two models of every kind of layer, saved; each variable's initializer, by its path."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    image = keras.Input((16, 16, 8))
    x = layers.Conv2D(24, 3, name="stem")(image)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(3)(x)
    x = layers.SeparableConv2D(32, 3, depth_multiplier=2)(x)
    x = layers.Conv2DTranspose(40, 3)(x)
    x = layers.Reshape((-1, 40))(x)
    x = layers.MultiHeadAttention(4, 24)(x, x)
    x = layers.LayerNormalization()(x)
    x = layers.LSTM(48, return_sequences=True)(x)
    x = layers.GRU(40, return_sequences=True)(x)
    x = layers.Bidirectional(layers.SimpleRNN(36))(x)
    x = layers.Dense(80, kernel_initializer="he_normal", name="hidden")(x)
    x = layers.Dense(64, kernel_initializer=keras.initializers.RandomNormal(stddev=0.3))(x)
    model = keras.Model(image, layers.Dense(50, kernel_initializer="orthogonal")(x))
    model.save(path)
    words = keras.Sequential(
        [keras.Input((9,)), layers.Embedding(500, 24), layers.Conv1D(40, 5), layers.Dense(30)]
    )
    words.save_weights(weights_path)
    return {
        "keras": sorted(str(list(variable.shape)) for variable in model.weights),
        "h5": sorted(str(list(variable.shape)) for variable in words.weights),
    }


def layer_output(kind: str, sizes: dict[str, Any], path: str) -> None:
    """A layer of Keras' with the kernels and inputs of an .npz, and its outputs as y beside it."""
    given = dict(np.load(path))
    inputs = {name: given.pop(name) for name in ("x", "state") if name in given}
    layer = getattr(keras.layers, kind)(**sizes)
    found = STEPS.get(kind, whole)(layer, given, **inputs)
    np.savez(path, **{name: keras.ops.convert_to_numpy(y) for name, y in found.items()})


def whole(layer: Any, kernels: dict[str, Any], x: Any) -> dict[str, Any]:
    layer.build(x.shape)
    layer.set_weights(list(kernels.values()))
    return {"y": layer(x)}


def one_step(layer: Any, kernels: dict[str, Any], x: Any, state: Any) -> dict[str, Any]:
    layer.build((len(x), 1, x.shape[-1]))
    layer.set_weights(list(kernels.values()))
    states = [state, np.zeros_like(state)] if isinstance(layer, keras.layers.LSTM) else [state]
    return {"y": layer(x[:, None], initial_state=states)}


def projections(layer: Any, kernels: dict[str, Any], x: Any, state: Any) -> dict[str, Any]:
    """`state` is what the heads give, (batch, time, heads, size)."""
    layer.build(x.shape, x.shape)
    layer.set_weights(list(kernels.values()))
    dense = {name: getattr(layer, f"_{name}_dense") for name in ("query", "key", "value", "output")}
    return {name: step(state if name == "output" else x) for name, step in dense.items()}


STEPS = {
    "SimpleRNN": one_step,
    "LSTM": one_step,
    "GRU": one_step,
    "MultiHeadAttention": projections,
}


ACTIONS = (
    layer_output,
    backend,
    build_example,
    dense_in,
    train_example,
    save_and_load,
    layer_config,
    weights,
    accepts,
    config_of,
    fans,
    spelled,
    save_many_layers,
)


def main() -> None:
    # Keras and its backends print; the answers go where nothing else is written.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    table = {action.__name__: action for action in ACTIONS}
    for line in sys.stdin:
        action, arguments = json.loads(line)
        try:
            reply = {"result": table[action](**arguments)}
        except Exception:
            reply = {"error": traceback.format_exc()}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
