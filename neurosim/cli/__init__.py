"""The command line: parse, call one function, print. What is slow to import is imported by the command that needs it.

stdout is the answer, stderr the narration. Exit codes: 0 done · 1 the run failed · 2 bad input or usage · 3 a claim does
not hold · 4 the environment (disk, permission, network) · 130 / 143 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TextIO

from neurosim.cli.interruption import Interruption
from neurosim.errors import Interrupted, NeurosimError, readable

COMMANDS = {
    "run": "run a scenario, every arm with every seed, or a collection of scenarios",
    "list": "list what there is: circuits, scenarios, collections, and everything that can be extended",
    "show": "describe a circuit; draw or export it with -o",
    "draw": "draw a figure from recordings",
    "export": "write a recording or a circuit in the format of another tool: NWB, SONATA, netCDF, CSV, GraphML, NIR …",
    "check": "check the claims of scenarios against their recordings, or the paper's theory; --report writes the table",
    "validate": "check the files of circuits, scenarios and collections",
}

_QUIET = {"check": "print only the claims that do not hold", "validate": "print only what is wrong"}
_MOST_DIGITS = 4_000
"""Python reads no longer whole numbers."""
_MODULES = {"list": "listing"}  # a module named `list` would hide the built-in from this one


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    parser = _parser()
    try:
        arguments = parser.understood(list(sys.argv[1:] if argv is None else argv))
    except OSError as error:  # of --version and --help, whose answers nobody takes
        return _refused(error)
    if arguments.command is None:
        parser.print_help()
        return 2
    with Interruption() as interruption:
        arguments.interruption = interruption
        return _carry_out(arguments, interruption)


def _carry_out(arguments: argparse.Namespace, interruption: Interruption) -> int:
    try:
        if arguments.extensions:
            from neurosim.registry import extend

            for path in arguments.extensions:
                extend(path)
        code = int(import_module(f"neurosim.cli.{_MODULES.get(arguments.command, arguments.command)}").command(arguments))
        sys.stdout.flush()  # here, where a closed pipe is met quietly, and not when Python ends
        return code
    except NeurosimError as error:
        return _said(str(error), error.exit_code)
    except Interrupted:
        return _said("interrupted; the same command with --resume goes on from here", interruption.exit_code())
    except KeyboardInterrupt:
        return _said("interrupted", interruption.exit_code())
    except MemoryError as error:
        return _said(f"not enough memory: {error}", 4)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _refused(error)


def _said(what: str, code: int) -> int:
    """Say on stderr why a command ends; the exit code counts even where nobody can be told."""
    with contextlib.suppress(OSError):
        print(f"neurosim: {what}", file=sys.stderr, flush=True)
    return code


def _refused(error: OSError) -> int:
    """Something of the environment that no other message is about: most often standard output cannot be written.

    A name that no file can have is no matter of the environment.
    """
    if error.filename is None:
        sys.stdout = _nowhere()  # what waits to be written would be refused again when Python ends
    place = readable(str(error.filename or "standard output"), 300)
    return _said(f"{place}: {error.strerror or error}", 2 if error.errno == errno.ENAMETOOLONG else 4)


def _nowhere() -> TextIO:
    """In place of a standard stream that is closed."""
    return open(os.devnull, "w", encoding="utf-8")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        """Say what is wrong in one line, and what was probably meant."""
        from neurosim.errors import nearest

        wrong, known = _choice(message) or self._option(message)
        meant = nearest(wrong, known) if wrong else None
        print(f"neurosim: {message}" + (f"; did you mean {meant!r}?" if meant else ""), file=sys.stderr)
        raise SystemExit(2)

    def _option(self, message: str) -> tuple[str, list[str]]:
        """The first option that is not known, and those that are."""
        wrong = message.partition("unrecognized arguments: ")[2].split(" ")[0].split("=")[0]
        return (wrong, list(self._option_string_actions)) if wrong.startswith("--") else ("", [])

    def understood(self, given: list[str]) -> argparse.Namespace:
        """The arguments; of those that nobody knows, the command in question tells."""
        arguments, unknown = self.parse_known_args(given)
        if unknown:
            commands = [action.choices for action in self._actions if isinstance(action.choices, dict)]
            asked = next((several[arguments.command] for several in commands if arguments.command in several), self)
            asked.error(f"unrecognized arguments: {' '.join(unknown)}")
        return arguments


def _choice(message: str) -> tuple[str, list[str]] | None:
    """What was chosen of a few, and these, where a message of argparse tells of a wrong choice."""
    chosen, choose, known = message.partition("invalid choice: ")[2].partition(" (choose from ")
    return (chosen.strip("'"), [name.strip("' )") for name in known.split(",")]) if choose else None


def _parser() -> _Parser:
    parser = _Parser(prog="neurosim", description="A simulator of neuron populations where the learning algorithm is the wiring.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, text in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.add_argument("--json", action="store_true", help="print the answer as one JSON document")
        sub.add_argument("--quiet", "-q", action="store_true", help=_QUIET.get(name, "print nothing but the answer"))
        sub.add_argument(
            "--with",
            dest="extensions",
            metavar="FILE.py",
            action="append",
            default=[],
            help="a Python file of your own whose rules, transfer functions, tasks … become known",
        )
        _ARGUMENTS[name](sub)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"neurosim {version('neurosim')}")
        parser.exit(0)


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, found {readable(text, 100)!r}")
    return number


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds from 0 on, found {text!r}")
    return seconds


def _index(text: str) -> int:
    if not (text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, found {readable(text, 100)!r}")
    return int(text)


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", help="a scenario or a collection: a name (see `neurosim list`) or a TOML file")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder for recordings and figures (default: runs/SCENARIO); of a collection DIR/SCENARIO for each scenario",
    )
    parser.add_argument(
        "--arm", action="append", default=[], metavar="A", help="run this arm only (may be repeated; * stands for anything)"
    )
    parser.add_argument("--seeds", type=_count, metavar="N", help="how many seeds")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ADDRESS=VALUE",
        dest="changes",
        help="change a value, e.g. hidden.size=100, phase.0.passes=5, '*.plasticity.eta=0.01'",
    )
    parser.add_argument("--backend", default="cpu", choices=["cpu", "reference"], help="cpu (default), or the NumPy reference")
    parser.add_argument(
        "--threads",
        type=_count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="so many threads or processes; default: all cores",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="keep complete recordings of this same scenario, and go on with runs that were broken off",
    )
    parser.add_argument(
        "--checkpoints",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="write down where each run stands every so many seconds; default: 30",
    )
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="ADDRESS=V1,V2,…",
        help="add arms with these values at an address, e.g. '*.plasticity.eta=0.01,0.1'; several make every combination",
    )
    parser.add_argument("--index", type=_index, metavar="I", help="with --of: run slice I, from 0 to N-1, and draw nothing")
    parser.add_argument("--of", type=_count, metavar="N", help="with --index: cut all runs into N slices of nearly equal length")
    parser.add_argument(
        "--engine", default="local", metavar="E", help="local (default), serial or dask; see `neurosim list engines`"
    )
    parser.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="with --engine dask: a running scheduler, e.g. tcp://host:8786"
    )


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", help="one kind only, e.g. circuits, scenarios, tasks, transfer_functions")


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("circuit", help="a name (see `neurosim list circuits`) or a TOML file")
    parser.add_argument("-o", "--out", metavar="FILE", help="write it: .png .svg .pdf (a picture), .json .graphml (the graph)")
    parser.add_argument("--program", action="store_true", help="print the operations of a trial and the kernel that serves each")
    parser.add_argument("--set", action="append", default=[], metavar="ADDRESS=VALUE", dest="changes", help="change a value")


def _draw_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", help="a name (see `neurosim list figures`)")
    parser.add_argument("recordings", nargs="+", help="recordings, or folders of them")
    parser.add_argument("-o", "--out", metavar="FILE", required=True, help="where to: .png .svg .pdf")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="changes",
        help="an option of the figure, e.g. quantity=nse, spread=seeds",
    )


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="PATH",
        help="a recording (.h5), a circuit (a name or a TOML file); for csv also several recordings, or a folder (./NAME)",
    )
    parser.add_argument("--to", required=True, metavar="FORMAT", help="a format (see `neurosim list export_formats`)")
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        help="the new file (default: beside the source, with the format's suffix; of a shipped circuit in this folder)",
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it is there already")
    parser.add_argument(
        "--seed", type=_index, metavar="N", help="of nir: the seed whose initial weights a circuit gets (default: 0)"
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="changes",
        help="an option of the format, e.g. quantity=hidden.rate of sonata",
    )


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recordings", nargs="+", help="recordings, or folders of them; `theory` for what the paper proves (a folder: ./theory)"
    )
    parser.add_argument("--report", metavar="FILE.md", help="write the table: the paper, neurosim, and what holds, as Markdown")
    parser.add_argument(
        "--claims",
        metavar="SCENARIO",
        action="append",
        default=[],
        help="judge by the claims that this scenario, or the scenarios of this collection, make now (may be repeated); "
        "otherwise by those that the recordings tell",
    )


def _validate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="TOML files, or names on the shelves")


_ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "run": _run_arguments,
    "list": _list_arguments,
    "show": _show_arguments,
    "draw": _draw_arguments,
    "export": _export_arguments,
    "check": _check_arguments,
    "validate": _validate_arguments,
}
