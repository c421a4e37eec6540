"""`train`: replicas of one network, step after step."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from vscore._blas import one_blas_thread
from vscore._streams import check_seed
from vscore._typing import Check, Progress
from vscore._workers import Monitor, Team, default_threads, map_in_order
from vscore.networks import DenseNetwork, Network
from vscore.parameters import check_choice, shown
from vscore.propagation.simulation import check_variances
from vscore.training.chance import SPLIT, permutation, shared
from vscore.training.dataset import Dataset
from vscore.training.history import Epoch, History, Schedule, joined, run_epoch
from vscore.training.losses import LOSSES
from vscore.training.measure import Examples
from vscore.training.optimizers import Optimizer, as_optimizer
from vscore.training.parameters import TRAINING
from vscore.training.run import TrainingRun
from vscore.training.trainer import Plan, Trainer

OnEpoch: TypeAlias = Callable[[TrainingRun], object]
"""Called with the run so far; may raise to end it."""

_WORTH_A_THREAD = 1 << 21
"""Multiplications of one network's step from which networks go apart, on threads of their own:
below, they are faster in one NumPy call."""


def train(
    network: Network,
    data: Dataset | tuple[ArrayLike, ArrayLike],
    *,
    optimizer: Optimizer | str = "sgd",
    epochs: int = 50,
    batch_size: int = 32,
    networks: int = 3,
    seed: int = 0,
    validation: float = 0.2,
    target: float = 0.9,
    record_every: int = 1,
    dtype: str = "float32",
    threads: int | None = None,
    check: Check | None = None,
    progress: Progress | None = None,
    on_epoch: OnEpoch | None = None,
) -> TrainingRun:
    """What `networks` independent draws of a network become as they are trained.

    Parameters
    ----------
    network : DenseNetwork
        As `mlp` gives it. Its last layer is linear here: it puts out logits, or values.
    data : Dataset, or (inputs, targets)
        Whole numbers as targets are classes, trained by softmax cross-entropy; others are values,
        by the mean squared error.
    optimizer : Optimizer or str, default "sgd"
        `SGD(...)`, `Adam(...)`, or a key of `OPTIMIZERS`.
    epochs : int, default 50
        In [1, 100 000].
    batch_size : int, default 32
        Examples a step; the last batch of an epoch takes what is left.
    networks : int, default 3
        Independent networks. Network r of a seed is the same however many are trained.
    seed : int, default 0
        In [0, 2**64). Weights and biases are those that `simulate` draws from it. The order of
        the examples depends on it alone, so that two initializers meet the same.
    validation : float, default 0.2
        The share of the examples held out, the same for all networks; in [0, 0.9].
    target : float, default 0.9
        The accuracy of `epochs_to_target`; in (0, 1].
    record_every : int, default 1
        Epochs from one measurement to the next.
    dtype : {"float32", "float64"}, default "float32"
        Of weights and activations. Draws are float32's either way; statistics are float64.
    threads : int, optional
        One a core if not given. The result does not depend on it.
    check : callable, optional
        Called at least every 20 ms from this thread; what it raises cancels the work.
    progress : callable, optional
        Called as progress(done, total) from this thread; the unit is one step of one network.
    on_epoch : callable, optional
        Called from this thread with the `TrainingRun` so far after every recorded epoch, the start
        included, while the networks train on; what it raises cancels the work.

    Returns
    -------
    TrainingRun

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.

    Notes
    -----
    Peak memory: the examples once; for each network its weights 4 times (7 with Adam), and 2 x
    sum(widths) numbers for each of batch_size and at most 1024 inputs; the result has 8 bytes x
    networks x (steps + recorded x (4 + 2 depth)).

    A loss beyond the dtype is a result, `diverged_step`, and ends that network's training only.
    """
    examples = data if isinstance(data, Dataset) else _dataset(data)
    plan = _plan(network, examples, optimizer, batch_size, seed, validation, dtype)
    parts = _parts(plan, TRAINING["replicas"].check_int(networks, "networks"), threads)
    last = TRAINING["epochs"].check_int(epochs)
    every = TRAINING["record_every"].check_int(record_every)
    history = History(plan, examples.task, last, TRAINING["target"].check(target))
    monitor = Monitor(check, progress, parts[-1].stop * last * len(plan.starts))
    schedule = Schedule(last, every, watched=on_epoch is not None)
    with closing(_epochs(plan, parts, schedule, monitor)) as epochs_done:
        for epoch in epochs_done:
            history.add(epoch)
            if on_epoch is not None and epoch.moment is not None:
                on_epoch(history.run)
    return history.run


def _epochs(
    plan: Plan, parts: Sequence[range], schedule: Schedule, monitor: Monitor
) -> Generator[Epoch, None, None]:
    """Every epoch in order, the start first; a thread trains on while the caller looks at one."""
    with one_blas_thread(), Team(len(parts), monitor) as team:
        trainers: list[Trainer] = []

        def start(part: range) -> Trainer:
            return Trainer(plan, part, monitor.tick, monitor.stop_if_cancelled)

        def epoch(number: int) -> Epoch:
            if not trainers:  # on the thread that trains, since many weights take a while to draw
                trainers.extend(team.map(start, parts))
            step = partial(run_epoch, number=number, schedule=schedule)
            return joined(team.map(step, trainers))

        with closing(map_in_order(epoch, schedule.last + 1, 1, monitor)) as done:
            yield from done


def _dataset(data: object) -> Dataset:
    if isinstance(data, tuple) and len(data) == 2:
        return Dataset(*data)
    raise ValueError(
        f"data must be a Dataset or (inputs, targets); got {shown(data)}. "
        "draw_dataset('spirals') gives one"
    )


def _plan(
    network: object,
    data: Dataset,
    optimizer: object,
    batch_size: object,
    seed: object,
    validation: object,
    dtype: str,
) -> Plan:
    check_choice("dtype", dtype, ("float32", "float64"))
    trained = _checked_network(network, data)
    base = check_seed(seed)
    held_out, kept = _split(data, base, TRAINING["validation"].check(validation), dtype)
    return Plan(
        trained,
        LOSSES[data.task],
        as_optimizer(optimizer),
        kept,
        held_out,
        TRAINING["batch_size"].check_int(batch_size),
        base,
        dtype,
    )


def _checked_network(network: object, data: Dataset) -> DenseNetwork:
    """The network, if it takes these inputs and puts out what is asked for."""
    if not isinstance(network, DenseNetwork):
        raise ValueError(
            f"network must be a DenseNetwork, as mlp(...) gives it; got {shown(network)}"
        )
    widths = network.widths
    if (widths[0], widths[-1]) != (data.features, data.outputs):
        need = (data.features, *widths[1:-1], data.outputs)
        raise ValueError(
            f"network must take {data.features} inputs and put out {data.outputs} numbers for "
            f"{data.name!r}; got widths {shown(widths)}. mlp({need}) fits"
        )
    check_variances(network)
    return network


def _split(data: Dataset, seed: int, share: float, dtype: str) -> tuple[Examples | None, Examples]:
    """The examples held out, and those to train on, of which there is one at least."""
    order = permutation(shared(seed, SPLIT), len(data))
    cut = min(round(share * len(data)), len(data) - 1)
    with np.errstate(over="ignore"):
        inputs, wanted = data.inputs.astype(dtype), data.wanted
    if not np.isfinite(inputs).all():
        raise ValueError(f"data must have inputs that are finite in {dtype}; got {shown(inputs)}")
    held_out, kept = (Examples(inputs[part], wanted[part]) for part in (order[:cut], order[cut:]))
    return (held_out if cut else None), kept


def _parts(plan: Plan, count: int, threads: int | None) -> list[range]:
    """Which networks go together: all, or as many parts as threads where a step is much work."""
    products = plan.batch_size * sum(a * b for a, b in plan.network.kernel_shapes)
    most = min(default_threads(threads), count)
    groups = most if products >= _WORTH_A_THREAD else 1
    cuts = [count * group // groups for group in range(groups + 1)]
    return [range(low, high) for low, high in pairwise(cuts)]
