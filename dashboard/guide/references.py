"""What the guide's claims rest on: who, where, and what each gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """One work.

    Attributes
    ----------
    name : str
        As sentences cite it.
    title : str
    place : str
        Journal, conference or site.
    gives : str
        What is taken from it, with equation numbers where there are any.
    address : str
        Where it can be read.
    """

    name: str
    title: str
    place: str
    gives: str
    address: str = ""


REFERENCES = (
    Reference(
        "LeCun et al. 1998",
        "Efficient BackProp",
        "Neural Networks: Tricks of the Trade",
        "weights with standard deviation 1/√fan_in (section 4.6, eq. 16)",
        "https://doi.org/10.1007/3-540-49430-8_2",
    ),
    Reference(
        "Glorot and Bengio 2010",
        "Understanding the difficulty of training deep feedforward neural networks",
        "AISTATS",
        "variance 2 / (fan_in + fan_out) (eq. 12), and its uniform law (eq. 16)",
        "https://proceedings.mlr.press/v9/glorot10a.html",
    ),
    Reference(
        "Saxe et al. 2014",
        "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
        "ICLR",
        "orthogonal weights (section 4)",
        "https://arxiv.org/abs/1312.6120",
    ),
    Reference(
        "He et al. 2015",
        "Delving deep into rectifiers",
        "ICCV",
        "variance 2 / fan_in for ReLU (eq. 10), 2 / fan_out for the gradient (eq. 14)",
        "https://arxiv.org/abs/1502.01852",
    ),
    Reference(
        "Jozefowicz et al. 2015",
        "An empirical exploration of recurrent network architectures",
        "ICML",
        "a forget gate's bias of 1 (section 2.2)",
        "https://proceedings.mlr.press/v37/jozefowicz15.html",
    ),
    Reference(
        "Kingma and Ba 2015",
        "Adam: a method for stochastic optimization",
        "ICLR",
        "the optimizer (algorithm 1)",
        "https://arxiv.org/abs/1412.6980",
    ),
    Reference(
        "Poole et al. 2016",
        "Exponential expressivity in deep neural networks through transient chaos",
        "NeurIPS",
        "how q goes from layer to layer (eq. 3), and the correlation of two inputs (eq. 5)",
        "https://arxiv.org/abs/1606.05340",
    ),
    Reference(
        "Klambauer et al. 2017",
        "Self-normalizing neural networks",
        "NeurIPS",
        "SELU and its two constants (eq. 14), for variance 1 / fan_in",
        "https://arxiv.org/abs/1706.02515",
    ),
    Reference(
        "Schoenholz et al. 2017",
        "Deep information propagation",
        "ICLR",
        "χ₁, the edge of chaos, and how deep a signal gets (section 3)",
        "https://arxiv.org/abs/1611.01232",
    ),
    Reference(
        "Hanin and Nica 2018",
        "Products of many large random matrices and gradients in deep neural networks",
        "Communications in Mathematical Physics, 2020",
        "how far one ReLU network of finite width is from theory: (1 + 5/n)ᴸ − 1",
        "https://arxiv.org/abs/1812.05994",
    ),
    Reference(
        "Keras",
        "Layer weight initializers",
        "Keras 3 documentation",
        "the arguments of VarianceScaling, and its defaults",
        "https://keras.io/api/layers/initializers/",
    ),
)
"""In the order of years; the documentation last."""
