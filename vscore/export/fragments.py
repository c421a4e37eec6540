"""Functions and classes that exported programs contain, as source: each is written where used."""

from collections.abc import Mapping
from types import MappingProxyType

KERAS_WRAP = '''
class Wrap(keras.layers.Layer):
    """Circular padding, which Keras' convolutions do not have."""

    def __init__(self, window):
        super().__init__()
        self.window = window

    def call(self, x):
        for axis, taps in enumerate(self.window, start=1):
            size = x.shape[axis]
            before = (taps - 1) // 2
            positions = [place % size for place in range(-before, size + taps - 1 - before)]
            x = keras.ops.take(x, positions, axis=axis)
        return x
'''

TORCH_ATTENTION = '''
class SelfAttention(nn.Module):
    """Four matrices: nn.MultiheadAttention stacks three, whose fan_out is 3 times as large."""

    def __init__(self, size, heads, key_size):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(size, heads * key_size) for _ in range(3))
        self.output = nn.Linear(heads * key_size, size)

    def forward(self, x):  # (batch, length, size)
        split = (
            project(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        mixed = nn.functional.scaled_dot_product_attention(*split)
        return self.output(mixed.transpose(1, 2).flatten(-2))
'''

TORCH_TRUNCATED = '''
def truncated_normal_(weight, mean, std):
    """N(mean, std^2) cut at mean +- 2 std; PyTorch's limits are absolute, not multiples of std."""
    nn.init.trunc_normal_(weight, mean, std, mean - 2 * std, mean + 2 * std)
'''

TORCH_STACK = '''
class Stack(nn.Module):
    """Layers with an activation after each."""

    def __init__(self, layers, activation):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.activation = activation

    def forward(self, x):
        for layer in self.layers:
            x = self.activation(layer(x))
        return x
'''

JAX_TRUNCATED = '''
def truncated_normal(mean, std):
    """N(mean, std^2) cut at mean +- 2 std."""
    cut = nnx.initializers.truncated_normal(std, lower=-2.0, upper=2.0)
    return lambda key, shape, dtype=jnp.float32: mean + cut(key, shape, dtype)
'''

JAX_NORMAL = '''
def normal(mean, std):
    """N(mean, std^2)."""
    centred = nnx.initializers.normal(std)
    return lambda key, shape, dtype=jnp.float32: mean + centred(key, shape, dtype)
'''

JAX_UNIFORM = '''
def uniform(low, high):
    """Uniform on [low, high): JAX's own initializer starts at 0."""
    return lambda key, shape, dtype=jnp.float32: jax.random.uniform(key, shape, dtype, low, high)
'''

JAX_MATRIX = '''
def orthogonal_matrix(gain, matrix):
    """Orthogonal as Keras has it: a matrix of this shape, whatever shape the kernel has here."""
    draw = nnx.initializers.orthogonal(gain)
    return lambda key, shape, dtype=jnp.float32: draw(key, matrix, dtype).reshape(shape)
'''

JAX_BLOCKS = '''
def bias_with_blocks(std, *blocks):
    """Normal biases, but for blocks (start, stop, value)."""

    def init(key, shape, dtype=jnp.float32):
        bias = std * jax.random.normal(key, shape, dtype)
        for start, stop, value in blocks:
            bias = bias.at[..., start:stop].set(value)
        return bias

    return init
'''

JAX_KERNEL = '''
class Kernel(nnx.Module):
    """A tensor by itself."""

    def __init__(self, shape, init, rngs):
        self.kernel = nnx.Param(init(rngs.params(), shape))
'''

JAX_STACK = '''
class Stack(nnx.Module):
    """Layers with an activation after each."""

    def __init__(self, layers, activation):
        self.layers = nnx.List(layers)
        self.activation = activation

    def __call__(self, x):
        for layer in self.layers:
            x = self.activation(layer(x))
        return x
'''

NUMPY_TRUNCATED = '''
def truncated_normal(rng, mean, std, shape):
    """N(mean, std^2) cut at mean +- 2 std: what falls outside is drawn again."""
    z = rng.standard_normal(shape, dtype=np.float32)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.standard_normal(outside.sum(), dtype=np.float32)
    return mean + std * z
'''

NUMPY_NORMAL = """
def normal(rng, mean, std, shape):
    return mean + std * rng.standard_normal(shape, dtype=np.float32)
"""

NUMPY_UNIFORM = """
def uniform(rng, low, high, shape):
    return rng.uniform(low, high, shape).astype(np.float32)
"""

NUMPY_ORTHOGONAL = '''
def orthogonal(rng, gain, shape):
    """A random orthogonal matrix, all axes but the last as rows, as Keras has it."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)
    q *= np.sign(np.diag(r))  # makes every orthogonal matrix equally likely
    return (gain * (q if rows >= columns else q.T)).reshape(shape).astype(np.float32)
'''

NUMPY_SIGMOID = """
def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2
"""

NUMPY_DENSE = '''
def forward(weights, x, activation):
    """Outputs of the last layer; x is (batch, inputs)."""
    for layer in range(1, len(weights) // 2 + 1):
        x = activation(x @ weights[f"kernel_{layer}"] + weights[f"bias_{layer}"])
    return x
'''

NUMPY_CONVOLUTIONAL = '''
def forward(weights, x, activation, mode):
    """Outputs of the last layer; x is (batch, *image, channels); mode is np.pad's."""
    for layer in range(1, len(weights) // 2 + 1):
        z = convolve(x, weights[f"kernel_{layer}"], mode)
        x = activation(z + weights[f"bias_{layer}"])
    return x


def convolve(x, kernel, mode):
    """Stride 1; of an even number of taps, one more looks ahead than back."""
    window = kernel.shape[:-2]
    axes = len(window)
    around = [((taps - 1) // 2, taps // 2) for taps in window]
    padded = np.pad(x, [(0, 0), *around, (0, 0)], mode=mode)
    windows = np.lib.stride_tricks.sliding_window_view(padded, window, tuple(range(1, axes + 1)))
    return np.tensordot(windows, kernel, ([*range(-axes, 0), -axes - 1], range(axes + 1)))
'''

NUMPY_RUNS: Mapping[str, str] = MappingProxyType(
    {
        "SimpleRNN": '''
def simple_rnn(weights, x):
    """States after each step; x is (batch, steps, inputs)."""
    h = np.zeros((len(x), len(weights["recurrent_kernel"])), dtype=x.dtype)
    states = []
    for now in np.moveaxis(x, 1, 0):
        h = np.tanh(
            now @ weights["kernel"] + h @ weights["recurrent_kernel"] + weights["bias"]
        )
        states.append(h)
    return np.stack(states, axis=1)
''',
        "LSTM": '''
def lstm(weights, x):
    """States after each step; x is (batch, steps, inputs); gates i, f, c, o."""
    h = c = np.zeros((len(x), len(weights["recurrent_kernel"])), dtype=x.dtype)
    states = []
    for now in np.moveaxis(x, 1, 0):
        z = now @ weights["kernel"] + h @ weights["recurrent_kernel"] + weights["bias"]
        i, f, candidate, o = np.split(z, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states, axis=1)
''',
        "GRU": '''
def gru(weights, x):
    """States after each step; x is (batch, steps, inputs); gates z, r, h."""
    h = np.zeros((len(x), len(weights["recurrent_kernel"])), dtype=x.dtype)
    states = []
    for now in np.moveaxis(x, 1, 0):
        from_input = np.split(now @ weights["kernel"] + weights["bias"][0], 3, axis=-1)
        from_state = np.split(h @ weights["recurrent_kernel"] + weights["bias"][1], 3, axis=-1)
        z = sigmoid(from_input[0] + from_state[0])
        r = sigmoid(from_input[1] + from_state[1])
        h = z * h + (1 - z) * np.tanh(from_input[2] + r * from_state[2])
        states.append(h)
    return np.stack(states, axis=1)
''',
    }
)
"""What a recurrent layer does over time."""
