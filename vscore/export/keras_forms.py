"""What Keras calls each layer, and by which arguments it takes initializers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Form:
    """How Keras says a layer.

    Attributes
    ----------
    inputs : str
        Arguments of keras.Input.
    arguments : tuple of str
    optional : mapping of str to str
        Sizes that are left out where they are 1, and their keywords.
    initializers : mapping of str to str
        Argument by kernel.
    """

    inputs: str
    arguments: tuple[str, ...]
    optional: Mapping[str, str] = field(default_factory=dict)
    initializers: Mapping[str, str] = field(
        default_factory=lambda: {
            "kernel": "kernel_initializer",
            "recurrent_kernel": "recurrent_initializer",
        }
    )


_STRIDES = {"strides": "strides"}
_CONV = ("{filters}", "{kernel_size}")
_IMAGE = "(None, None, {input_channels})"
_MULTIPLIER = {**_STRIDES, "depth_multiplier": "depth_multiplier"}
_GROUPS = {**_STRIDES, "groups": "groups"}
_SEQUENCE = Form("({steps}, {input_dim})", ("{units}",))

FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "Dense": Form("({input_dim},)", ("{units}",)),
        "Conv1D": Form("(None, {input_channels})", _CONV, _GROUPS),
        "Conv2D": Form(_IMAGE, _CONV, _GROUPS),
        "Conv3D": Form("(None, None, None, {input_channels})", _CONV, _GROUPS),
        "Conv2DTranspose": Form(_IMAGE, _CONV, _STRIDES),
        "DepthwiseConv2D": Form(
            _IMAGE, ("{kernel_size}",), _MULTIPLIER, {"kernel": "depthwise_initializer"}
        ),
        "SeparableConv2D": Form(
            _IMAGE,
            _CONV,
            _MULTIPLIER,
            {
                "depthwise_kernel": "depthwise_initializer",
                "pointwise_kernel": "pointwise_initializer",
            },
        ),
        "Embedding": Form(
            '(None,), dtype="int32"',
            ("{input_dim}", "{output_dim}"),
            {},
            {"embeddings": "embeddings_initializer"},
        ),
        "SimpleRNN": _SEQUENCE,
        "LSTM": _SEQUENCE,
        "GRU": _SEQUENCE,
    }
)
