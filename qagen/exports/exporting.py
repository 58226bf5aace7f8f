"""The whole of it: look where the files go, make them all, put them there."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from qagen import files
from qagen.corpus import find_chunk_files
from qagen.errors import DataError, StorageError, UsageError
from qagen.exports import examples
from qagen.exports.parts import Parts
from qagen.exports.types import NO_NEGATIVES, ONLY_RANDOM, ONLY_UNVERIFIED, Choices, Export, Exported


def export(dataset: Path, output: Path, form: Export, choices: Choices) -> Exported:
    """Write the dataset in another form. Nothing is replaced unless all of the dataset could be read.

    Raises:
        DataError: the dataset cannot be used, or nothing of it can go in.
        UsageError: the output is an input, cannot be written, or no pair is as it is asked for.
        StorageError: it cannot be saved.
    """
    result = Exported()
    examples.check(dataset)
    places = _places(form, output, choices)
    _refuse_inputs(places, dataset, output, choices)
    for part, path in places.items():
        files.check_output(path, is_table=(part or form.default).endswith(".tsv"))
    try:
        with contextlib.ExitStack() as stack:
            parts = Parts(form.parts, stack, choices, result)
            found = examples.read(
                dataset, choices, result, needs_negatives=form.needs_negatives, has_corpus=form.has_corpus
            )
            form.write(found, parts)
            if not result.pairs:
                raise DataError(_nothing_to_export(dataset, result))
            for directory in dict.fromkeys(path.parent for path in places.values()):
                files.make_writable(directory)
            parts.save(places, form.optional)
    except (OSError, sqlite3.Error) as error:
        # Whatever else reads and writes has errors of its own.
        raise StorageError(f"the temporary directory cannot be used: {error}. Nothing was replaced.") from error
    if "SPLIT" in form.main:
        written = places[form.main]
        result.other_splits = sorted(set(written.parent.glob(f"*{written.suffix}")) - {written})
    return result


def _places(form: Export, output: Path, choices: Choices) -> dict[str, Path]:
    """The path of each part, in the order of writing.

    Raises:
        UsageError: a folder is to be where a file is.
    """
    if not form.is_folder:
        return {part: output.with_name(output.stem + part) if part else output for part in form.parts}
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output}: {form.name} is a folder, and a file stands there. Name another output.")
    return {part: output / part.replace("SPLIT", choices.split) for part in form.parts}


def _refuse_inputs(places: dict[str, Path], dataset: Path, output: Path, choices: Choices) -> None:
    inputs = {
        dataset.resolve(): "the dataset",
        dataset.with_name(dataset.stem + ".meta.json").resolve(): "its metadata",
    }
    if choices.chunks_dir is not None:
        inputs |= {path.resolve(): "a chunk file" for path in find_chunk_files(choices.chunks_dir).paths}
        inputs[choices.chunks_dir.resolve()] = "the folder of chunk files"
    for path in (output, *places.values()):
        what = inputs.get(path.resolve())
        if what:
            raise UsageError(f"{path}: that is {what}, which is read. Name another output with -o.")


def _nothing_to_export(dataset: Path, result: Exported) -> str:
    if not result.read:
        return f"{dataset}: there are no pairs in it."
    reasons = ", ".join(f"{number:,} {why}" for why, number in result.left_out.most_common())
    text = f"{dataset}: there is nothing to export; pairs left out: {reasons}."
    if NO_NEGATIVES in result.left_out:
        text += " Mine negatives with `qagen mine-negatives`, and combine again."
    if ONLY_RANDOM in result.left_out:
        text += " --allow-random-negatives takes random ones."
    if ONLY_UNVERIFIED in result.left_out:
        text += " Without --verified-only, those that no model read go in as well."
    return text
