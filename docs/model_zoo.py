# Copyright (c) mmfer contributors.
"""The page of the model zoo, made from the metafiles."""
import os
from typing import Any, Dict, List

import yaml

HEAD = """# Model zoo

Every config, by method, as its metafile tells. A figure stands here only if a run of this repository produced it, with the
protocol that it names; configs without one have not been trained here. Figures of papers stand in the README of each method.
"""


def _row(model: Dict[str, Any]) -> str:
    data = model.get('Metadata', {}).get('Training Data', '')
    results = model.get('Results', [])
    told = '; '.join(
        f'{result["Dataset"]}: ' + ', '.join(
            f'{name} {value}' for name, value in result['Metrics'].items())
        for result in results)
    protocols = ', '.join(f'`{r["Protocol"]}`' for r in results)
    return f'| `{model["Config"]}` | {data} | {told} | {protocols} |'


def read_metafiles(root: str) -> List[Dict[str, Any]]:
    """The metafiles of all methods.

    Args:
        root (str): The folder of ``model-index.yml``.
    """
    with open(os.path.join(root, 'model-index.yml'), encoding='utf-8') as f:
        files = yaml.safe_load(f)['Import']
    found = []
    for file in files:
        with open(os.path.join(root, file), encoding='utf-8') as f:
            found.append(yaml.safe_load(f))
    return found


def model_zoo(root: str) -> str:
    """The text of the page.

    Args:
        root (str): The folder of ``model-index.yml``.
    """
    parts: List[str] = [HEAD]
    for meta in read_metafiles(root):
        collection, = meta['Collections']
        parts.append(f'## {collection["Name"]}\n')
        paper = collection.get('Paper', {})
        title = paper.get('Title', '')
        if 'URL' in paper:
            title = f'[{title}]({paper["URL"]})'
        parts.append(f'{title} `{collection["README"]}`\n'.lstrip())
        parts += ['| config | trained on | measured here | protocol |',
                  '|---|---|---|---|']
        parts += [_row(model) for model in meta['Models']] + ['']
    return '\n'.join(parts)


def write_page(text: str, path: str) -> None:
    """Write a page, unless it stands there already.

    Args:
        text (str): The page.
        path (str): The file to write.
    """
    if os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            if file.read() == text:
                return
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
