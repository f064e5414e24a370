"""What users are told over what they get wrong: commands, files, and the message wanted to the letter."""

# ruff: noqa: E501 - each message stands on one line, to the letter
from __future__ import annotations

import contextlib
import gzip
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from small_files import LAID_OUT, forget, mat

from faults.descriptions import SMALL
from faults.told import told
from neurosim.figures import FIGURES
from neurosim.models.connectors import CONNECTORS
from neurosim.models.transfer import TRANSFERS
from neurosim.recording import guard
from neurosim.scenario.claims import CLAIMS
from neurosim.scenario.collection import shelved
from neurosim.shelf import names
from neurosim.tasks import TASKS, mnist, mnist_background, svhn

CIRCUIT = """\
[population.input]
size = 3
role = "input"
[population.output]
size = 2
role = "output"
transfer = "tanh"
bias = { plasticity = { rule = "delta", eta = 0.1 } }
[population.target]
size = 2
role = "target"
[population.error]
size = 2
role = "error"
[[projection]]
pre = "input"
post = "output"
weights = { kind = "uniform", bound = 0.1 }
plasticity = { rule = "delta", eta = 0.1 }
[[projection]]
pre = "error"
post = "output"
receptor = "modulatory"
connector = "one_to_one"
"""

SCENARIO = """\
title = "a scenario"
table = ["nse"]
[task]
name = "linear_map"
[[arm]]
name = "a"
circuit = "shallow"
[[arm]]
name = "b"
circuit = "feedback_alignment"
[[phase]]
trials = 100
[record]
nse = 10
"hidden.rate" = 10
[[figure]]
name = "learning_curve"
quantity = "nse"
[[claim]]
check = "value"
arm = "a"
quantity = "nse"
below = 1.0
"""

COLLECTION = """\
title = "a collection"
scenarios = ["xor", "momentum"]
"""

DIGITS = """\
title = "digits"
[task]
name = "NAME"
tests = 15
[[arm]]
name = "a"
circuit = { family = "layered", sizes = [SIZE, 3, 10], feedback = "random" }
[[phase]]
trials = 10
[record]
nse = 10
"""

IMAGES = "train-images-idx3-ubyte.gz"
HOUSES = DIGITS.replace("NAME", "svhn").replace("SIZE", "1024")
TABLES = DIGITS.replace("NAME", "mnist_background").replace("SIZE", "784")
MNIST = DIGITS.replace("NAME", "mnist").replace("SIZE", "784").replace("tests = 15", "tests = 15\ntraining = 40")
MODULES = (mnist, svhn, mnist_background)
LEFT = {
    "data",
    "small.toml",
    "good.h5",
    "empty.h5",
    "text.h5",
    "cut.h5",
    "flipped.h5",
    "other.h5",
    "newer.h5",
    "seedless.h5",
    "undescribed.h5",
}
"""What lies in the folder, and remains there: a command that is refused leaves nothing else."""


@dataclass(frozen=True)
class Golden:
    """Something wrong, and what is told.

    Attributes:
        kind: what is wrong: a circuit, a recording …
        arguments: the command, in words.
        wanted: what is told, after `neurosim: `; {circuits}, {scenarios} … stand for what there is.
        files: what lies in the folder where the command is given.
        code: how it ends.
        recognised: whether a file of a data set passes for its owner's, whatever is in it.
    """

    kind: str
    arguments: str
    wanted: str
    files: Mapping[str, str | bytes]
    code: int = 2
    recognised: bool = True


def circuit(old: str, new: str, wanted: str, kind: str = "circuit") -> Golden:
    """A circuit in which something stands wrong, once."""
    assert old in CIRCUIT, old
    return Golden(kind, "validate c.toml", f"c.toml: {wanted}", {"c.toml": CIRCUIT.replace(old, new, 1)})


def scenario(old: str, new: str, wanted: str, kind: str = "scenario") -> Golden:
    """A scenario in which something stands wrong, once."""
    assert old in SCENARIO, old
    return Golden(kind, "validate s.toml", f"s.toml: {wanted}", {"s.toml": SCENARIO.replace(old, new, 1)})


def collection(old: str, new: str, wanted: str) -> Golden:
    """A collection in which something stands wrong."""
    return Golden("collection", "validate k.toml", f"k.toml: {wanted}", {"k.toml": COLLECTION.replace(old, new, 1)})


def line(arguments: str, wanted: str, kind: str = "command line", code: int = 2, **files: str) -> Golden:
    """A command that is wrong, over files that are right."""
    return Golden(kind, arguments, wanted, {"c.toml": CIRCUIT, "s.toml": SCENARIO, "k.toml": COLLECTION, **files}, code)


def own(text: str, wanted: str) -> Golden:
    """A user's Python file that is wrong."""
    return Golden("extension", "list --with own.py", f"--with: {wanted}", {"own.py": text})


def recording(name: str, wanted: str, arguments: str = "check") -> Golden:
    """A recording that is wrong: one of those that `recordings` lays out."""
    return Golden("recording", f"{arguments} {name}", wanted, {})


def data(name: str, file: str, content: bytes, wanted: str, *, recognised: bool = True) -> Golden:
    """A file of a data set that is wrong, and yet has the owner's checksum, or (not `recognised`) has not."""
    text = {"mnist": MNIST, "svhn": HOUSES, "mnist_background": TABLES}[name]
    return Golden("data set", "run s.toml -q", wanted, {"s.toml": text, f"data/{name}/{file}": content}, recognised=recognised)


BOUND, ETA = 'weights = { kind = "uniform", bound = 0.1 }', 'rule = "delta", eta = 0.1 }\n[[projection]]\npre = "error"'
ELEMENTS = "input, hidden, output, target, error, loss, input_to_hidden, hidden_to_output, target_to_error, output_to_error, "
ELEMENTS += "output_gates_error, error_to_output, error_to_loss"
POPULATION = "known keys are name, size, role, model, transfer, bias, noise, dropout"
ROLES = "'input', 'hidden', 'output', 'target', 'error', 'loss' or 'feedback'"
VALUE = "known keys are arm, quantity, above, below, statistic, trial, given, given_below, title, source, paper, explanation"
OTHERS = '[[claim]]\ncheck = "order"\narms = ["a", "c"]\nquantity = "nsee"\n[[claim]]'
ORDER = 'check = "order"\narms = ["a", "b"]'

GOLDEN = (
    # what is no TOML, or too much of it
    circuit('"tanh"', "tanh", "is not TOML: expected a value: a number, true or false, a text in quotes, a list or a table, at line 7, column 12: 'transfer = tanh'"),
    circuit("size = 3", "size 3", "is not TOML: expected '=' after a key in a key/value pair, at line 2, column 6: 'size 3'"),
    circuit("size = 3", "size = 3\nsize = 4", "is not TOML: a second value for the same key, at line 3, column 9: 'size = 4'"),
    circuit("[population.output]", "[population.input]", "is not TOML: a second table of the name population.input, at line 4, column 18: '[population.input]'"),
    circuit('"input"', '"input', "is not TOML: a text that does not end on its line, at line 3, column 14: 'role = \"input'"),
    circuit("[[projection]]", "[projection]", "is not TOML: the name has another value above; every table of a list is written as [[NAME]], at line 20, column 13: '[[projection]]'"),
    circuit("tanh", "ta\0nh", "is not TOML: illegal character '\\x00', at line 7, column 15: 'transfer = \"ta\\x00nh\"'"),
    circuit("size = 3", f"size = {'[' * 40}", "line 2, column 40: nested more than 32 levels deep"),
    circuit("size = 3", f"size = {'9' * 5000}", "line 2, column 8: a number of more than 100 digits"),
    circuit("size = 3", f"{'.'.join('a' * 40)} = 3", "line 2, column 64: a key of more than 32 parts"),
    Golden("circuit", "validate c.toml", "c.toml: is larger than 1 MB; expected a circuit or a scenario", {"c.toml": "#" * 1_000_001}),
    Golden("circuit", "validate c.toml", "c.toml: projection: expected at most 1,000 entries, found 1,001", {"c.toml": "[[projection]]\n" * 1_001}),
    Golden("circuit", "validate c.toml", "c.toml: is not text in UTF-8, at line 1, column 1; it looks like UTF-16", {"c.toml": CIRCUIT.encode("utf-16")}),
    Golden("circuit", "validate c.toml", "c.toml: is not text in UTF-8, at line 2, column 9", {"c.toml": b"[population.input]\nname = '\xe9'\n"}),
    Golden("circuit", "validate c.toml", "c.toml: population: there is none; a circuit needs at least an input", {"c.toml": ""}),
    # circuits
    circuit("size = 3", 'size = "3"', "input.size: expected a whole number, found '3'"),
    circuit("size = 3", "size = 0", "input.size: expected at least 1, found 0"),
    circuit("size = 3", "size = 3000000000", "input.size: expected at most 1,000,000,000, found 3000000000"),
    circuit("size = 3\n", "", "input.size: is missing"),
    circuit('"input"', '"inptu"', f"input.role: expected {ROLES}, found 'inptu'; did you mean 'input'?"),
    circuit('"tanh"', '"tahn"', "output.transfer: no such transfer function 'tahn'; there are {transfers}; did you mean 'tanh'?"),
    circuit('"tanh"', '{ function = "leaky", leek = 1 }', "output.transfer.leek: unknown key; known keys are leak; did you mean 'leak'?"),
    circuit("bias", "bais", f"output.bais: unknown key; {POPULATION}; did you mean 'bias'?"),
    circuit(ETA, ETA.replace("eta = 0.1", "eta = nan"), "input_to_output.plasticity.eta: expected a finite number, found nan"),
    circuit(ETA, ETA.replace("eta = 0.1", "eta = -1"), "input_to_output.plasticity.eta: expected at least 0, found -1"),
    circuit('post = "output"', 'post = "ouput"', "input_to_ouput.post: no population 'ouput'; there are input, output, target, error; did you mean 'output'?"),
    circuit('pre = "input"\n', "", "projection 1.pre: is missing"),
    circuit('"modulatory"', '"modulator"', "error_to_output.receptor: expected 'drive', 'modulatory' or 'gate', found 'modulator'; did you mean 'modulatory'?"),
    circuit('"one_to_one"', '"one_to_many"', "error_to_output.connector: no such connector 'one_to_many'; there are {connectors}; did you mean 'one_to_one'?"),
    circuit("[[projection]]", '[[projection]]\nsignal = "rats"', "input_to_output.signal: input has no signal 'rats'; it has rate; did you mean 'rate'?"),
    circuit('role = "input"', 'role = "input"\nnoise = 1', "input.noise: its rates are set by the task; only driven neurons can explore"),
    # weights
    circuit(", bound = 0.1", "", "input_to_output.weights.bound: is missing", "weights"),
    circuit('kind = "uniform", ', "", "input_to_output.weights: expected a name, or a table with the key 'kind'", "weights"),
    circuit(BOUND, 'weights = { kind = "explicit", values = [[1, 2, 3]] }', "input_to_output.weights.values: expected the shape (2, 3) (post, pre), found (1, 3)", "weights"),
    circuit(BOUND, 'weights = { kind = "explicit", values = [[1, 2], [3]] }', "input_to_output.weights.values: expected the shape (2, 3), found rows of different lengths", "weights"),
    circuit(BOUND, 'weights = { kind = "explicit", values = [[1, 2, "x"]] }', "input_to_output.weights.values.0.2: expected a number, found 'x'", "weights"),
    circuit(BOUND, 'weights = { kind = "tied", to = "a_to_b" }', "input_to_output.weights.to: no projection 'a_to_b'; there are input_to_output, error_to_output", "weights"),
    # scenarios
    scenario("trials", "trails", "phase.0.trails: unknown key; known keys are trials, passes, batch, until, eta_scale, freeze, circuit, set; did you mean 'trials'?"),
    scenario("trials = 100", "trials = 100\npasses = 3", "phase.0: expected either trials or passes, found both"),
    scenario("[[phase]]\ntrials = 100\n", "[[phase]]\n", "phase.0: expected either trials or passes, found neither"),
    scenario("trials = 100", "passes = 3", "phase.passes: the task has no end, so it has no passes; say trials"),
    scenario("trials = 100", 'trials = 100\nfreeze = ["hiden"]', f"2 problems\n  arm.a.freeze: no population or projection 'hiden'; there are {ELEMENTS}; did you mean 'hidden'?\n  arm.b.freeze: no population or projection 'hiden'; there are {ELEMENTS.replace('loss, ', 'loss, feedback, ', 1)}, error_to_feedback, feedback_to_hidden; did you mean 'hidden'?"),
    scenario('"linear_map"', '"liner_map"', "task.name: no such task 'liner_map'; there are {tasks}; did you mean 'linear_map'?"),
    scenario('"linear_map"', '"linear_map"\ninptus = 3', "task.inptus: unknown key; known keys are inputs, outputs, patterns, seed, tests; did you mean 'inputs'?"),
    scenario('"linear_map"', '"linear_map"\nseed = "runn"', "task.seed: expected a whole number, found 'runn'; or \"run\": another one for every run; did you mean 'run'?"),
    scenario('"shallow"', '"shallow"\ntask = { inputs = 4 }', "arm.a.input.size: the task 'linear_map' has 4, the circuit 30"),
    scenario('"shallow"', '"shalow"', "arm.a.circuit 'shalow': no circuit of this name; there are {circuits}; did you mean 'shallow'?"),
    scenario('"shallow"', '"my/own.toml"', "arm.a.circuit 'my/own.toml': no such file; expected a TOML file"),
    scenario('"shallow"', "3", "arm.0.circuit: expected a name or a table, found 3"),
    scenario('"shallow"', '{ family = "layered", sizes = [30, 10] }', "arm.a.circuit.feedback: is missing"),
    scenario('"shallow"', '{ family = "layered", sizes = [30, 10], feedback = "randon" }', "arm.a.circuit.feedback: no such way back 'randon'; there are none, broadcast, broadcast_to_all, random, tied, pseudoinverse; did you mean 'random'?"),
    scenario('"shallow"', '"shallow"\nset = { "hiden.size" = 3 }', f"arm.a.hiden.size: no population or projection 'hiden'; there are {ELEMENTS}; did you mean 'hidden'?"),
    scenario("[record]", '[set]\n"*.plasticity.etaa" = 1\n[record]', "set.*.plasticity.etaa: changes nothing: no element of any arm has this place"),
    scenario("nse = 10", "nse = 10\nnsee = 10", "record.nsee: nothing to record under this address; did you mean 'nse'?"),
    scenario("nse = 10", "nse = 0", "record.nse: expected at least 1, found 0"),
    scenario("trials = 100", "trials = 100\nbatch = 4", "2 problems\n  record.nse: expected a multiple of the batch of phase 0, 4, found 10\n  record.hidden.rate: expected a multiple of the batch of phase 0, 4, found 10"),
    scenario('["nse"]', '["mse"]', "table.0: 'mse' is not recorded; recorded are nse, hidden.rate; did you mean 'nse'?"),
    scenario('"learning_curve"', '"learning_curv"', "figure.0.name: no such figure 'learning_curv'; there are {figures}; did you mean 'learning_curve'?"),
    scenario('quantity = "nse"', 'quantity = "hidden.rate"', "figure.0.quantity: expected a quantity that is one number at each moment, 'hidden.rate' is many"),
    scenario('title = "a scenario"\n', "", "title: is missing"),
    # claims
    scenario('"value"', '"valeu"', "claim.0.check: no such claim 'valeu'; there are {claims}; did you mean 'value'?", "claim"),
    scenario("below = 1.0", "belowe = 1.0", f"claim.0.belowe: unknown key; {VALUE}; did you mean 'below'?", "claim"),
    scenario("below = 1.0\n", "", "claim.0: expected 'above', 'below', or both", "claim"),
    scenario("below = 1.0", "below = 1.0\nabove = 2.0", "claim.0: expected 'above' to be less than 'below', found 2 and 1", "claim"),
    scenario("below = 1.0", "below = 1.0\ntrial = 15", "claim.0.trial: nse of the arm 'a' is recorded every 10 trials, from 0 to 100, but not at trial 15", "claim"),
    scenario("below = 1.0", "below = 1.0\ntrial = 110", "claim.0.trial: nse of the arm 'a' is recorded every 10 trials, from 0 to 100, but not at trial 110", "claim"),
    scenario('"value"', '"always"\nsince = 200', "claim.0.since: nse of the arm 'a' is recorded every 10 trials, from 0 to 100, but never from trial 200 to the end", "claim"),
    scenario('arm = "a"', 'arm = "c"', "claim.0.arm: no arm 'c'; there are a, b", "claim"),
    scenario('check = "value"\narm = "a"', ORDER, "claim.0.below: unknown key; known keys are arms, quantity, factor, statistic, trial, title, source, paper, explanation", "claim"),
    scenario("[[claim]]", OTHERS, "2 problems\n  claim.0.arms.1: no arm 'c'; there are a, b\n  claim.0.quantity: 'nsee' is not recorded; recorded are nse, hidden.rate; did you mean 'nse'?", "claim"),
    # collections
    collection('"momentum"', '"momentun"', "scenarios.1: no scenario 'momentun'; there are {scenarios_alone}; did you mean 'momentum'?"),
    collection('"momentum"', '"xor"', "scenarios.1: a second scenario of the name 'xor'"),
    collection('"momentum"', '"all-paper"', "scenarios.1: 'all-paper' is a collection itself; expected scenarios"),
    collection('["xor", "momentum"]', "[]", "scenarios: expected at least 1 entry, found []"),
    collection('["xor", "momentum"]', '"xor"', "scenarios: expected a list, found 'xor'"),
    # the command line
    line("runn s.toml", "argument COMMAND: invalid choice: 'runn' (choose from 'run', 'list', 'show', 'draw', 'export', 'check', 'validate'); did you mean 'run'?"),
    line("run s.toml --gird a=1", "unrecognized arguments: --gird a=1; did you mean '--grid'?"),
    line("run s.toml --seeds 0", "argument --seeds: expected a whole number above 0, found '0'"),
    line("run digitz", "digitz: no scenario of this name; there are {scenarios}; did you mean 'digits'?"),
    line("run c.toml", "c.toml: is a circuit; expected a scenario"),
    line("run shallow", "shallow: no scenario of this name, but a circuit; there are {scenarios}"),
    line("show s.toml", "s.toml: is a scenario; expected a circuit"),
    line("show c.toml -o c.gif", "-o: c.gif: expected a name that ends in .png, .svg, .pdf, .json, .graphml"),
    line("run s.toml --arm c", "--arm: c: no such arm; there are a, b"),
    line("run s.toml --set hidden.size", "--set: hidden.size: expected ADDRESS=VALUE"),
    line("run s.toml --set seds=3", "--set: seds: expected a key of the scenario, or an element and a place in it, like 'hidden.size'; did you mean 'seeds'?"),
    line("run s.toml --set hiden.size=3", f"s.toml with changes: arm.a.hiden.size: no population or projection 'hiden'; there are {ELEMENTS}; did you mean 'hidden'?"),
    line("validate nothing.toml", "nothing.toml: no such file; expected a TOML file"),
    # grids
    line("run s.toml --grid hidden.size", "--grid: hidden.size: expected ADDRESS=VALUE,VALUE,…", "grid"),
    line("run s.toml --grid hidden.size=3,,4", "--grid: hidden.size=3,,4: expected ADDRESS=VALUE,VALUE,…; a value is missing", "grid"),
    line("run s.toml --grid hidden.size=3,3", "--grid: hidden.size: the value 3 is given twice", "grid"),
    line("run s.toml --grid hiden.size=3", f"--grid: hiden.size: no population or projection 'hiden'; there are {ELEMENTS}; did you mean 'hidden'?", "grid"),
    line("run s.toml --grid phase.0.trials=1,2", "--grid: phase.0.trials: is no place in a circuit; run once for each of its values, with --set and --out", "grid"),
    line("run k.toml --grid hidden.size=3", "--grid: is about a single scenario, and k.toml is a collection; run that scenario by its own name", "grid"),
    # recordings
    recording("nowhere", "nowhere: there is no such file or folder"),
    recording("empty.h5", "empty.h5 is empty"),
    recording("text.h5", "text.h5 is damaged or not a recording: it does not begin as HDF5 files do"),
    recording("cut.h5", "cut.h5 is cut short: it has 9,000 of {size} bytes"),
    recording("flipped.h5", "flipped.h5 is damaged: its checksum is not that of its content; copy it, or run it, again"),
    recording("other.h5", "other.h5 is not a neurosim recording"),
    recording("newer.h5", "newer.h5 has format version 9; this neurosim reads 1: a newer one wrote it, and reads it"),
    recording("seedless.h5", "seedless.h5: attribute 'seed': expected a whole number, found 'one'"),
    recording("undescribed.h5", "undescribed.h5 does not describe its scenario in a way that this neurosim can read"),
    recording("good.h5 -o x.png --option quantity=nsee", "nsee: no recording holds it; they hold hidden.angle, input_to_hidden.weights, nse; did you mean 'nse'?", "draw learning_curve"),
    recording("good.h5 -o x.png --option quantty=nse", "learning_curve.quantty: unknown key; known keys are quantity, scale, spread, solved, time, title; did you mean 'quantity'?", "draw learning_curve"),
    recording("good.h5 --report table.txt", "--report: table.txt: expected a name that ends in .md"),
    # data sets
    data("mnist", IMAGES, b"rubbish", "data/mnist/" + IMAGES + ": the file is damaged, or another data set's: expected {checksum}, found {found}; copy the right one here", recognised=False),
    data("mnist", IMAGES, b"rubbish", IMAGES + ": not a whole gzip file: Not a gzipped file (b'ru')"),
    data("mnist", IMAGES, gzip.compress(b"rubbish"), IMAGES + ": not an IDX file of 3 dimensions: expected 00000803 at its start, found 72756262"),
    data("mnist", IMAGES, gzip.compress(bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28])), IMAGES + ": expected the sizes (40, 28, 28), found (2, 28, 28)"),
    data("svhn", "train_32x32.mat", mat(Z=np.zeros(3)), "data/svhn/train_32x32.mat: expected the matrices X and y, but there is no X and no y"),
    data("mnist_background", "mnist_background_images_train.amat", b"0.5 x\n", "data/mnist_background/mnist_background_images_train.amat: not a table of numbers: could not convert string 'x' to float32 at row 0, column 2."),
    data("mnist_background", "mnist_background_images_train.amat", b"0.5 1\n", "data/mnist_background/mnist_background_images_train.amat: expected 15 rows of 785 numbers, found 1 of 2"),
    # extensions
    Golden("extension", "list --with nowhere.py", "--with: nowhere.py: no such Python file", {}),
    Golden("extension", "list --with c.toml", "--with: c.toml: expected a name that ends in .py", {"c.toml": CIRCUIT}),
    own("x = (\n", "own.py: SyntaxError: '(' was never closed (own.py, line 1)"),
    own("import neurosimm\n", "own.py, line 1: ModuleNotFoundError: No module named 'neurosimm'"),
    own("import neurosim\n\n1 / 0\n", "own.py, line 3: ZeroDivisionError: division by zero"),
    own("import neurosim as ns\n\n\n@ns.plasticity\ndef grow(pre_rate):\n    return 1.0\n", "own.py, line 4: plasticity rule 'grow': expected an argument 'eta', the learning rate"),
    own("raise SystemExit(0)\n", "own.py, line 1: SystemExit: 0"),
)  # fmt: skip


def misses(folder: Path) -> Iterator[tuple[Golden, str]]:
    """Every message that is not as it is wanted, with what was told."""
    with _laid_out(folder) as stand_for:
        for golden in GOLDEN:
            with _placed(golden):
                found = told(*golden.arguments.split())
            wanted = f"neurosim: {golden.wanted}\n"
            for name, text in stand_for.items():
                wanted = wanted.replace(f"{{{name}}}", text)
            if (found.narration, found.code) != (wanted, golden.code) or any(found.faults()):
                yield (
                    golden,
                    f"{golden.kind}: neurosim {golden.arguments}\n  wanted {wanted!r}\n  found  {found.narration!r}{found.trace}",
                )
            elif not {path.name for path in Path().iterdir()} <= LEFT:
                yield golden, f"{golden.kind}: neurosim {golden.arguments} leaves something behind: {sorted(Path().iterdir())}"


@contextlib.contextmanager
def _placed(golden: Golden) -> Iterator[None]:
    """The files that a command is given over, for as long as it runs."""
    before = {name: Path(name).read_bytes() for name in golden.files if Path(name).exists()}
    checksums = [source.files.copy() for source in (module.SOURCE for module in MODULES)]
    for name, content in golden.files.items():
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        for module in MODULES:
            if golden.recognised and name.startswith(f"data/{module.SOURCE.folder}/") and module.SOURCE.files[Path(name).name]:
                module.SOURCE.files[Path(name).name] = f"sha256:{hashlib.sha256(Path(name).read_bytes()).hexdigest()}"
    forget()
    try:
        yield
    finally:
        for name in golden.files:
            Path(name).write_bytes(before[name]) if name in before else Path(name).unlink()
        for module, files in zip(MODULES, checksums, strict=True):
            module.SOURCE.files.update(files)


@contextlib.contextmanager
def _laid_out(folder: Path) -> Iterator[dict[str, str]]:
    """A folder with recordings and data sets, and what the words in braces stand for."""
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        for name in ("mnist", "svhn", "mnist_background"):
            LAID_OUT[name](Path(), patch)
        _recordings()
        listed = {
            "circuits": names("circuits"),
            "scenarios": names("scenarios"),
            "scenarios_alone": shelved()[False],
            **{"transfers": TRANSFERS, "connectors": CONNECTORS, "tasks": TASKS, "figures": FIGURES, "claims": CLAIMS},
        }
        words = {name: ", ".join(known) for name, known in listed.items()}
        words["checksum"] = mnist.SOURCE.files[IMAGES]
        words["found"] = f"sha256:{hashlib.sha256(b'rubbish').hexdigest()}"
        words["size"] = f"{guard._end(Path('good.h5').read_bytes()[:64]):,}"
        yield words
    forget()


def _recordings() -> None:
    """A recording, and what may be wrong with one."""
    Path("small.toml").write_text(SMALL, encoding="utf-8")
    done = told("run", "small.toml", "--out", "run", "--backend", "reference", "-q", "--seeds", "1", "--arm", "aligned")
    assert done.code == 0, done
    shutil.move("run/aligned/seed_0.h5", "good.h5")
    shutil.rmtree("run")
    good = Path("good.h5").read_bytes()
    Path("empty.h5").touch()
    Path("text.h5").write_text("no recording", encoding="utf-8")
    Path("cut.h5").write_bytes(good[:9000])
    Path("flipped.h5").write_bytes(good[:9000] + bytes([good[9000] ^ 1]) + good[9001:])
    with h5py.File("other.h5", "w") as file:
        file["x"] = 1
    for name, attribute, value in (
        ("newer.h5", "format_version", 9),
        ("seedless.h5", "seed", "one"),
        ("undescribed.h5", "scenario_description", '{"name": 3}'),
    ):
        shutil.copy("good.h5", name)
        with h5py.File(name, "r+") as file:
            file.attrs[attribute] = value
