# Copyright (c) mmfer contributors.
"""Text of others in Markdown pages."""
import html
from typing import Sequence


def escape_markdown(text: str) -> str:
    """Return ``text`` as one line in which no HTML is active."""
    return html.escape(' '.join(text.split()), quote=False)


def markdown_row(cells: Sequence[str]) -> str:
    """Return a line of a table; bars and HTML in the cells are escaped."""
    escaped = (escape_markdown(cell).replace('|', '\\|') for cell in cells)
    return f"| {' | '.join(escaped)} |"
