"""Where results go: folders that fill whole or not at all, files that are not overwritten."""

import contextlib
import errno
from collections.abc import Iterable, Iterator
from pathlib import Path

from climpy.errors import OutputRefused
from climpy.unfinished import new_folder, unfinished_folders


@contextlib.contextmanager
def filled_together(folder: Path, *, force: bool) -> Iterator[Path]:
    """Give a temporary folder whose files become those of `folder` when the block ends well.

    A new folder appears by one rename. In a folder that is there, which only `force` allows unless
    it is empty, the files are moved one by one; those of other names are left alone.

    Raises
    ------
    OutputRefused
        If the folder holds something and `force` is not given, or cannot be written.
    """
    refuse_occupied(folder, force=force)
    there = folder.is_dir()
    parent = folder if there else folder.parent
    with existing_parents(folder), _hidden_folder(parent, folder.name) as temporary:
        yield temporary
        with refusing(folder):
            if there:
                for file in sorted(temporary.iterdir()):
                    file.replace(folder / file.name)
            else:
                temporary.replace(folder)


def refuse_replacing(files: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse results that would take the place of what is read, of each other, or of a folder.

    Raises
    ------
    OutputRefused
        Naming the file.
    """
    results, sources = list(files), list(inputs)
    for number, file in enumerate(results):
        if file.is_dir():
            raise OutputRefused(f"{file} is a folder, where a file of this name is to be written.")
        if file.absolute() in [other.absolute() for other in results[:number]]:
            raise OutputRefused(f"Two results cannot both be written to {file}.")
        for source in sources:
            if file.exists() and source.exists() and file.samefile(source):
                raise OutputRefused(
                    f"{source} is read here and a result would replace it; "
                    "choose another place for the results with --out."
                )


def refuse_occupied(folder: Path, *, force: bool) -> None:
    """Refuse a folder that is no folder, or holds something without `force`.

    Raises
    ------
    OutputRefused
        Saying what to do.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputRefused(f"{folder} is a file, not a folder.")
    if folder.is_symlink() and not folder.exists():
        raise OutputRefused(f"{folder} is a link to a folder that does not exist.")
    with refusing(folder):
        occupied = folder.is_dir() and any(
            file.name not in {left.name for left in unfinished_folders(folder, folder.name)}
            for file in folder.iterdir()
        )
    if occupied and not force:
        raise OutputRefused(
            f"The folder {folder} is not empty; choose another one, or allow to replace files of "
            "the same names with --force."
        )


def refuse_existing(files: Iterable[Path], *, force: bool) -> None:
    """Refuse to replace files without `force`.

    Raises
    ------
    OutputRefused
        Naming the first file that is there, or something else than a file.
    """
    for file in files:
        if file.is_dir():
            raise OutputRefused(f"{file} is a folder, not a file.")
        if file.exists() and not file.is_file():
            raise OutputRefused(f"{file} is no plain file, which a result could replace.")
        if file.exists() and not force:
            raise OutputRefused(f"{file} is there already; allow to replace it with --force.")


@contextlib.contextmanager
def existing_parents(path: Path) -> Iterator[None]:
    """Make the folders above a path; where the block fails, those made are removed again.

    Raises
    ------
    OutputRefused
        If they cannot be made.
    """
    made = [folder for folder in path.absolute().parents if not folder.exists()]
    with refusing(path):
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


@contextlib.contextmanager
def _hidden_folder(parent: Path, name: str) -> Iterator[Path]:
    """Make a hidden folder beside results called `name`; it is gone at the end."""
    with contextlib.ExitStack() as stack:
        with refusing(parent / name):
            temporary = stack.enter_context(new_folder(parent, name))
        yield temporary


@contextlib.contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn the system's refusals into a sentence.

    Raises
    ------
    OutputRefused
        Instead of an OSError.
    """
    try:
        yield
    except PermissionError as trouble:
        raise OutputRefused(f"The folder {path.parent} is not writable.") from trouble
    except (FileExistsError, NotADirectoryError) as trouble:
        raise OutputRefused(f"{path.parent} is a file, not a folder.") from trouble
    except OSError as trouble:
        if trouble.errno == errno.ENOTEMPTY:
            raise OutputRefused(
                f"The folder {path} was filled by somebody else meanwhile; choose another one."
            ) from trouble
        raise OutputRefused(f"{path} cannot be written: {trouble.strerror}.") from trouble
