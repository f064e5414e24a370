"""What circuits are asked to do: one task per file, its trials drawn from named random streams."""

from neurosim.registry import Folder
from neurosim.tasks._answers import examples_of, made, test_of, trials_of
from neurosim.tasks._task import Task, Trials
from neurosim.tasks.constant_pattern import ConstantPattern
from neurosim.tasks.digits import Digits
from neurosim.tasks.fashion_mnist import FashionMnist
from neurosim.tasks.linear_map import LinearMap
from neurosim.tasks.mnist import Mnist
from neurosim.tasks.mnist_autoencoder import MnistAutoencoder
from neurosim.tasks.mnist_background import MnistBackground
from neurosim.tasks.mnist_over_photographs import MnistOverPhotographs
from neurosim.tasks.nonlinear_map import NonlinearMap
from neurosim.tasks.quadratic_map import QuadraticMap
from neurosim.tasks.spoken_digits import SpokenDigits
from neurosim.tasks.svhn import Svhn
from neurosim.tasks.timit_sample_stops import TimitSampleStops
from neurosim.tasks.timit_stops import TimitStops
from neurosim.tasks.xor import Xor

TASKS: Folder[type[Task]] = Folder("tasks", "neurosim.tasks", "task")
"""Every task by its public name, which is its file's; a task of one's own joins with `TASKS.add(name, class)`."""

__all__ = [
    "TASKS",
    "ConstantPattern",
    "Digits",
    "FashionMnist",
    "LinearMap",
    "Mnist",
    "MnistAutoencoder",
    "MnistBackground",
    "MnistOverPhotographs",
    "NonlinearMap",
    "QuadraticMap",
    "SpokenDigits",
    "Svhn",
    "Task",
    "TimitSampleStops",
    "TimitStops",
    "Trials",
    "Xor",
    "examples_of",
    "made",
    "test_of",
    "trials_of",
]
