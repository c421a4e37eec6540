"""The guide's prose. Markdown: `./?...` opens an experiment, `#term-...` a word of the glossary."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One question about VarianceScaling.

    Attributes
    ----------
    anchor : str
        Its address: `/guide#anchor`.
    question : str
    briefly : str
        The answer in the table.
    prose : str
        The answer in full.
    """

    anchor: str
    question: str
    briefly: str
    prose: str


SECTIONS = (
    Section(
        "what",
        "What is it?",
        "A rule that draws a layer's weights at random, with variance scale / n.",
        "VarianceScaling gives every [weight](#term-weight) of a [kernel](#term-kernel) its first "
        "value: independent draws with mean 0 and variance **scale / n**. The "
        "[scale](#term-scale) is a number you choose. The [mode](#term-mode) says what "
        "[n](#term-n) is: [fan_in](#term-fan_in), the products summed into one output; "
        "[fan_out](#term-fan_out), the outputs that one input reaches; or a mean of both. The "
        "[distribution](#term-distribution) says which shape the law has: "
        "[normal](#term-normal), [normal cut at both ends](#term-truncated) or "
        "[uniform](#term-uniform).\n\n"
        "Try it: [200 704 weights and their exact density](./?v=1) · "
        "[the same with a uniform law](./?v=1&init=he_uniform) · "
        "[the three laws side by side](./compare?v=1&settings=3&b.init=variance_scaling"
        "&b.scale=2&b.distribution=untruncated_normal&c.init=he_uniform).",
    ),
    Section(
        "where",
        "Where is it?",
        "In Keras as `keras.initializers.VarianceScaling`. JAX and PyTorch have the same rule "
        "under other names.",
        "Keras' `VarianceScaling` is the rule behind the defaults of most layers: "
        "`glorot_uniform`, the default, is one case of it. JAX has "
        "`jax.nn.initializers.variance_scaling`, PyTorch `kaiming_normal_`, `xavier_uniform_` and "
        "their like. The names agree and the laws do not: in Keras a normal law is "
        "[cut](#term-truncated), in PyTorch it is not, and each [counts fans](#term-convention) "
        "its own way.\n\n"
        "Try it: [PyTorch's own default in a ReLU network](./?v=1&init=torch_default) · "
        "[an LSTM's fans as PyTorch counts them](./fans?v=1&layer=LSTM&convention=torch).",
    ),
    Section(
        "why",
        "Why divide by n?",
        "A sum of n products grows with n. Dividing the variance by n keeps it, layer after layer.",
        "An output sums [fan_in](#term-fan_in) products, so its variance is fan_in · Var[w] times "
        "the [second moment](#term-second_moment) of its inputs. That factor is taken once a "
        "layer. At 0.5 a signal [vanishes](#term-vanishing) (a millionth is left after 20 "
        "layers); at 2 it [explodes](#term-exploding). Only near 1 does a deep network have "
        "something to learn from. Going backward, the [gradient](#term-gradient) takes the factor "
        "fan_out · Var[w]. An [activation](#term-activation) takes its share too: "
        "ReLU halves the second moment, which is why He's scale is 2.\n\n"
        "Try it: [ReLU with scale 2: stable](./?v=1) · "
        "[with scale 1: the signal vanishes](./?v=1&init=lecun_normal) · "
        "[with scale 4: it explodes](./?v=1&init=variance_scaling&scale=4).",
    ),
    Section(
        "when",
        "When does it matter?",
        "Once, before the first step of training. The deeper and plainer the network, the more.",
        "The first step of [training](#term-training) is taken with these weights. In a deep plain "
        "network a bad start cannot be made up for: no gradient arrives. It matters much less "
        "where [normalization layers](#term-normalization) or "
        "[residual connections](#term-residual) keep the signal's size, in shallow networks, and "
        "with [Adam](#term-optimizer), which divides gradients by their size.\n\n"
        "Try it: [100 layers](./?v=1&depth=100) against [one](./?v=1&depth=1) · "
        "[ten hidden layers trained from He's and from LeCun's start]"
        "(./train?v=1&settings=2&b.init=lecun_normal).",
    ),
    Section(
        "who",
        "Who found it?",
        "LeCun and others in 1998, Glorot and Bengio in 2010, He and others in 2015.",
        "[LeCun](#term-lecun) and others kept the variance of a linear layer: scale 1 over fan_in. "
        "[Glorot](#term-glorot) and Bengio asked for signal and gradient at once: scale 1 over the "
        "mean of both fans. [He](#term-he) and others took ReLU into account: scale 2 over "
        "fan_in. All three are one formula. Poole, Schoenholz and others found what wide networks "
        "of any activation do with it, and where its [edge of chaos](#term-edge) lies.\n\n"
        "Try it: [He, LeCun and Glorot in a ReLU network](./compare?v=1&settings=3"
        "&b.init=lecun_normal&c.init=glorot_normal) · "
        "[LeCun with SELU: stable](./?v=1&init=lecun_normal&act=selu).",
    ),
    Section(
        "how",
        "How is it used?",
        '`VarianceScaling(2.0, "fan_in", "truncated_normal")` is He\'s; Glorot is '
        '`(1.0, "fan_avg", …)`, LeCun `(1.0, "fan_in", …)`.',
        "Choose by the activation. **ReLU and its kin:** He, scale 2 over fan_in. **SELU:** LeCun. "
        "**No activation:** LeCun or Glorot. **tanh:** the same; the signal then "
        "[shrinks slowly](./?v=1&init=lecun_normal&act=tanh). **Sigmoid:** "
        "[no scale keeps its gradient](./?v=1&act=sigmoid). **Any other:** the "
        "scale that [makes up for what it takes](#term-rms_gain). Use fan_in to keep the signal, "
        "fan_out to keep the gradient; with equal widths they agree. Give every layer an "
        "initializer of its own: a Keras initializer draws the same numbers at every call.\n\n"
        "Try it: [the scale for a function you type]"
        "(./fans?v=1&formula=x+%2A+sigmoid%281.702+%2A+x%29) · "
        "[fan_in and fan_out where the network narrows]"
        "(./compare?v=1&taper=0.125&settings=2&b.init=variance_scaling&b.scale=2&b.mode=fan_out).",
    ),
)
"""In the order in which they are read."""

IN_FAVOUR = "One line and no data; signal and gradient keep their size at any depth."
"""What speaks for it, for the table."""

PROS = (
    "One line of code and one idea: it needs no data and no pass through the network.",
    "Signal and gradient of a wide network keep their size, [for any depth](./?v=1&depth=100).",
    "The [mean over networks](./?v=1&depth=5&width=64&networks=64) is exact for ReLU at any "
    "width, not only in theory's limit.",
    "[All its laws do the same](./compare?v=1&settings=2&b.init=he_uniform): only the variance "
    "matters once layers are wide.",
    "Every framework has it, so a paper's start can be had again.",
)
"""What speaks for it. Markdown with links as in a section."""

AGAINST = (
    "It trusts the framework's count of fans, fits one activation, and knows nothing of biases, "
    "normalization or residual connections."
)
"""What speaks against it, for the table."""

CONS = (
    "It trusts the framework's count of fans, which is off for "
    "[depthwise](./fans?v=1&layer=DepthwiseConv2D), "
    "[grouped](./fans?v=1&layer=Conv2D&groups=4) and "
    "[transposed](./fans?v=1&layer=Conv2DTranspose) convolutions.",
    "An [embedding](./fans?v=1&layer=Embedding) sums nothing, so no fan is right for it.",
    "An [LSTM](./fans?v=1&layer=LSTM) or GRU holds all gates in one kernel: fan_out counts all of "
    "them.",
    "It fits one activation at a time, and [no scale suits some](./?v=1&act=sigmoid).",
    "It keeps the mean over networks. [One narrow, deep network](./?v=1&depth=100&width=16) is far "
    "from it by chance.",
    "Inputs [become alike](./?v=1&statistic=unit_variance) even where the second moment stays.",
    "It keeps second moments. [Biases](./?v=1&bias_variance=0.5), and inputs whose second moment "
    "is not 1, add to them unasked.",
    "It knows nothing of what is added up in [residual connections](#term-residual), and "
    "[normalization](#term-normalization) makes it matter less.",
    "Its sums are of independent weights. That ends with the first step of training.",
)
"""What it does not do."""
