# Copyright (c) mmfer contributors.
from mmfer.analysis.markdown import escape_markdown, markdown_row


def test_html_and_bars_are_escaped():
    assert escape_markdown('a <img src=x>\nb & c') == (
        'a &lt;img src=x&gt; b &amp; c')
    assert markdown_row(['x|y', '<b>']) == '| x\\|y | &lt;b&gt; |'
