"""``modulo bench``: what many runs come to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import anyio
import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from modulo.bench.folder import StudyFolder
from modulo.bench.recordings import read_recordings
from modulo.bench.replay import replay_recordings
from modulo.bench.study import Study, read_study
from modulo.bench.table import TITLES, document_of, rows_of
from modulo.cli import NOT_CERTIFIED
from modulo.cli.bench_options import (
    OF_REPLAYS,
    OF_RESULTS,
    OF_STUDY_FILES,
    default_folder,
    prices,
    refuse_others,
    study_on_the_spot,
    with_totals,
)
from modulo.cli.bench_study import bench_study, report_study
from modulo.cli.output import print_json, print_table, printable
from modulo.domain import domain_names, find_domain
from modulo.errors import ConfigurationError
from modulo.numeric import MAX_INTEGER
from modulo.options import Select
from modulo.strategies.named import STRATEGY_NAMES

F = TypeVar("F", bound=Callable[..., Any])

_COUNT: Final = click.IntRange(0, MAX_INTEGER)
_MOST_ROUNDS: Final = 1000
_ROUNDS_OF_A_REPLAY: Final = 15
_LIMITS: Final = (
    ("rounds", click.IntRange(1, _MOST_ROUNDS), "rounds"),
    ("attempts", _COUNT, "candidates judged"),
    ("calls", _COUNT, "calls to models, retries included"),
    ("tokens", _COUNT, "tokens, prompts and answers together"),
    ("cost-usd", float, "US dollars"),
    ("seconds", float, "wall-clock seconds"),
)


def _budget_options(command: F) -> F:
    for name, kind, noun in reversed(_LIMITS):
        # Rounds of all runs together may well be more than any run has.
        of_all = _COUNT if name == "rounds" else kind
        total = click.option(
            f"--total-{name}", type=of_all, metavar="N", help=f"All runs together: most {noun}."
        )
        each = click.option(f"--{name}", type=kind, metavar="N", help=f"Each run: most {noun}.")
        command = each(total(command))
    return command


def _model_options(command: F) -> F:
    for option in (
        click.option("--max-output-tokens", type=_COUNT, metavar="N", help="Longest answer."),
        click.option("--reasoning-effort", metavar="EFFORT", help="For reasoning models."),
        click.option("--tools", is_flag=True, help="Let models consult the domain's tools before they answer."),
        click.option("--temperature", type=float, metavar="T", help="Sampling temperature."),
        click.option(
            "--price",
            multiple=True,
            metavar="MODEL=IN,OUT",
            help="Dollars per million tokens read and written; repeatable.",
        ),
        click.option(
            "--strategy",
            multiple=True,
            metavar="STRATEGY",
            help=f"As in solve, or 'domain' for the domain's own; repeatable. {', '.join(STRATEGY_NAMES)}.",
        ),
        click.option("--model", multiple=True, metavar="MODEL", help="As in solve; repeatable."),
    ):
        command = option(command)
    return command


def _problem_options(command: F) -> F:
    for option in (
        click.option("--select", type=click.Choice(get_args(Select)), help="Stop at the first, or go on."),
        click.option(
            "--repeats", type=click.IntRange(1), metavar="N", help="Runs of each kind, by other seeds."
        ),
        click.option(
            "--difficulty", multiple=True, metavar="KEY=VALUE", help="A setting of the instances; repeatable."
        ),
        click.option("--seed", type=int, metavar="S", help="Of the first problem, and for everything random."),
        click.option(
            "--count", type=click.IntRange(1), metavar="N", help="Problems to generate; 10 if not given."
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("target")
@_problem_options
@_model_options
@_budget_options
@click.option(
    "--replay",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Transcripts of runs to run again, without a model: JSON lines (.gz).",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where results go, and are gone on with."
)
@click.option("--concurrency", type=click.IntRange(1), metavar="N", help="Most runs at the same time.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a report there too: one page that needs no network.",
)
@click.option(
    "--routing",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write there which models to ask first, for --strategy router:table=FILE.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bench(target: str, as_json: bool, **options: Any) -> int:
    """Run many runs, and say what they come to.

    TARGET is a study file (.toml, .yaml), a folder of results (which is only reported on), or a DOMAIN with --model:
    a study of generated problems. What a study did is kept in DIR, and the same command goes on with what is missing.

    With a DOMAIN and --replay FILE, every recorded run in FILE is run again through the loop, without a model: each
    answer is read and judged anew, and what the file says of success is not looked at.

    The exit code is 0 if every run came to its end, and 1 if something is missing.
    """
    for name in ("html", "routing"):
        if options[name] is not None and not options[name].parent.is_dir():
            raise click.UsageError(f"--{name}: there is no folder {options[name].parent}")
    if target in domain_names():
        if options["replay"] is not None:
            refuse_others(options, OF_REPLAYS, "--replay")
            return _replay(target, options, as_json)
        return _domain(target, options, as_json)
    path = Path(target)
    if path.suffix in (".toml", ".yaml", ".yml"):
        refuse_others(options, OF_STUDY_FILES, "a study file, which says such things itself")
        study = with_totals(read_study(path), options)
        return _study(study, options, base=path.parent, as_json=as_json)
    if path.is_dir():
        refuse_others(options, OF_RESULTS, "a folder of results, which is only reported on")
        _write(StudyFolder(path), options["html"])
        _learn(StudyFolder(path), options["routing"])
        return report_study(StudyFolder(path), as_json=as_json)
    if target != path.name or target.endswith("-results"):
        raise ConfigurationError(
            f"there is no folder of results {target}, and a study file is called *.toml or *.yaml"
        )
    find_domain(target)  # which says what there is
    raise AssertionError("a domain that is not installed was found")


def _domain(domain: str, options: Mapping[str, Any], as_json: bool) -> int:
    if not options["model"]:
        raise click.UsageError(f"say --model MODEL for a study of {domain}, or --replay FILE for recorded runs")
    return _study(study_on_the_spot(domain, options), options, base=Path(), as_json=as_json)


def _study(study: Study, options: Mapping[str, Any], *, base: Path, as_json: bool) -> int:
    folder = options["out"] or default_folder(study)
    code = bench_study(study, folder, base=base, as_json=as_json)
    _write(StudyFolder(folder), options["html"])
    _learn(StudyFolder(folder), options["routing"])
    return code


def _write(folder: StudyFolder, html: Path | None) -> None:
    if html is not None:
        from modulo.bench.report import write_report

        write_report(folder, html)


def _learn(folder: StudyFolder, table: Path | None) -> None:
    if table is not None:
        from modulo.bench.routing import learn_from_study

        learned = learn_from_study(folder)
        try:
            learned.save(table)
        except OSError as error:
            raise ConfigurationError(f"{table} cannot be written: {error.strerror}") from error


def _replay(domain: str, options: Mapping[str, Any], as_json: bool) -> int:
    found = find_domain(domain)
    known = prices(options["price"])
    runs = read_recordings(options["replay"], found)
    with _progress(len(runs), quiet=as_json) as on_finished:
        groups = anyio.run(
            partial(
                replay_recordings,
                found,
                runs,
                rounds=options["rounds"] or _ROUNDS_OF_A_REPLAY,
                prices=known,
                seed=options["seed"] or 0,
                on_finished=on_finished,
            )
        )
    if as_json:
        print_json(document_of(groups))
    else:
        print_table(TITLES, rows_of(groups), names=2)
    return _told([error for group in groups for error in group.errors])


def _told(errors: Sequence[str]) -> int:
    for error in errors:
        click.echo(f"modulo: a run ended before its time: {printable(error)}", err=True)
    return NOT_CERTIFIED if errors else 0


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Counts finished runs on a terminal; gives what to call for each."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("replaying"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, disable=quiet or not console.is_terminal, transient=True
    ) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)
