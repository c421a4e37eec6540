"""Words about layers, their sizes and their kernels' axes."""

from dashboard.guide.term import Term

LAYER_TERMS = (
    Term(
        "layer",
        "layer",
        "One step of a network: it multiplies its inputs by weights and sums. Its kind decides "
        "which products are summed.",
        see=("dense", "convolution", "recurrent", "attention"),
    ),
    Term(
        "dense",
        "dense layer",
        "Every output sums over every input.",
        formula="z = h W + b",
        see=("fan_in", "units"),
    ),
    Term(
        "convolution",
        "convolution",
        "The same small window of weights at every place of an image or a sequence.",
        formula="fan_in = taps · input channels",
        see=("kernel_size", "channels", "stride", "groups"),
    ),
    Term(
        "transposed",
        "transposed convolution",
        "A convolution run backward, as to enlarge an image. Keras counts its fans the wrong way "
        "round.",
        see=("effective", "stride"),
    ),
    Term(
        "depthwise",
        "depthwise convolution",
        "Every channel has a window of its own, so only the window's taps are summed. Keras counts "
        "all channels.",
        formula="effective fan_in = taps",
        see=("depth_multiplier", "effective"),
    ),
    Term(
        "embedding",
        "embedding",
        "A table whose row is looked up for a whole number. Nothing is summed, so no fan matters.",
        see=("output_size", "fan_in"),
    ),
    Term(
        "recurrent",
        "recurrent layer",
        "A layer that is applied again at every time step, to its input and to its own last state. "
        "The weights on the state are the recurrent kernel.",
        see=("cell", "orthogonal"),
    ),
    Term(
        "cell",
        "cell",
        "What a recurrent layer computes in one step: Simple RNN, LSTM or GRU.",
        see=("gate", "recurrent"),
    ),
    Term(
        "gate",
        "gate",
        "A part of an LSTM or GRU that decides what is kept. Keras holds all gates' weights in one "
        "kernel, and counts all of their outputs as its fan_out.",
        see=("cell", "effective"),
        source="forget bias 1: Jozefowicz et al. 2015, section 2.2",
    ),
    Term(
        "attention",
        "attention",
        "A layer that mixes positions by how well their queries and keys agree. It has a kernel "
        "each for query, key, value and output.",
        see=("heads", "key_size"),
    ),
    Term(
        "inputs",
        "inputs",
        "Numbers that go into a layer; in a Dense layer each unit sums over all.",
        see=("fan_in",),
    ),
    Term("units", "units", "Outputs of a layer, often called neurons.", see=("fan_out", "width")),
    Term(
        "channels",
        "input channels",
        "Numbers at each place of the image that comes in, such as 3 for red, green and blue.",
        see=("filters",),
    ),
    Term(
        "filters",
        "filters",
        "Channels that a convolution puts out.",
        see=("channels", "fan_out"),
    ),
    Term(
        "kernel_size",
        "kernel size",
        "Taps of a convolution's window along each axis: 3 × 3 has nine.",
        see=("convolution",),
    ),
    Term(
        "stride",
        "stride",
        "How far the window moves from one output to the next. At 2, an input reaches a quarter as "
        "many outputs of an image.",
        see=("convolution", "effective"),
    ),
    Term(
        "groups",
        "groups",
        "Channels split into parts that do not mix. An output sums over its own group only.",
        formula="effective fan_in = taps · channels / groups",
        see=("effective",),
    ),
    Term(
        "depth_multiplier",
        "depth multiplier",
        "How many outputs a depthwise convolution makes of each channel.",
        see=("depthwise",),
    ),
    Term(
        "heads",
        "heads",
        "Attentions side by side in one layer, each with weights of its own.",
        "h",
        see=("attention", "key_size"),
    ),
    Term(
        "key_size",
        "key size",
        "Length of each head's query and key.",
        see=("heads",),
    ),
    Term("output_size", "output size", "Length of one embedding vector.", see=("embedding",)),
    Term(
        "axis",
        "axis",
        "One dimension of a kernel: inputs, outputs, the window, or separate kernels. Fans are "
        "products over axes.",
        see=("kernel", "fan_in"),
    ),
    Term(
        "image_size",
        "image size",
        "Places along each side of the image. With padding it is the same after every layer.",
        see=("padding",),
    ),
    Term(
        "padding",
        "padding",
        "What lies around the image: the image itself again (circular), or zeros (same). Zeros "
        "leave less signal at the border.",
        see=("image_size",),
    ),
)
