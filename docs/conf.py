# Copyright (c) mmfer contributors.
"""Settings of Sphinx: ``sphinx-build -W docs docs/_build``."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)

from model_zoo import model_zoo, write_page  # noqa: E402
from support_matrix import support_matrix  # noqa: E402

from mmfer.version import __version__  # noqa: E402

project = 'mmfer'
copyright = 'mmfer contributors'
release = version = __version__

extensions = [
    'myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon',
    'sphinx.ext.viewcode'
]
myst_enable_extensions = ['dollarmath']
myst_heading_anchors = 3
autodoc_member_order = 'bysource'
autodoc_typehints = 'none'  # docstrings tell them
autodoc_inherit_docstrings = False
exclude_patterns = ['_build']
html_theme = 'furo'
html_title = f'mmfer {__version__}'


def setup(app):
    """Write the pages that are made, before pages are read."""

    def write(app):
        for make in (model_zoo, support_matrix):
            write_page(make(os.path.dirname(HERE)),
                       os.path.join(HERE, f'{make.__name__}.md'))

    app.connect('builder-inited', write)
