"""A report of a study: one HTML file that opens without a network, prints, and suits a phone."""

from __future__ import annotations

from pathlib import Path

from modulo.bench.folder import StudyFolder
from modulo.bench.report.page import page_of
from modulo.errors import ConfigurationError

__all__ = ["write_report"]


def write_report(folder: StudyFolder, path: Path) -> None:
    """Write the report of a study.

    Args:
        folder: The folder of the study.
        path: The file, which is overwritten.

    Raises:
        ConfigurationError: The folder holds no study or cannot be read, or the file cannot be written.
    """
    page = page_of(folder)
    try:
        path.write_bytes(page)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
