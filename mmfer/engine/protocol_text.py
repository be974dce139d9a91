# Copyright (c) mmfer contributors.
"""The protocol block as plain text."""
from typing import Any, Dict, List

_WIDTH = 78
_LABEL = 15


def _line(label: str, text: Any) -> str:
    return f'{label:<{_LABEL}} {text}'


def _counts(part: Dict[str, Any]) -> List[str]:
    """A table of samples per class against the official numbers."""
    counts = part.get('class_counts')
    if not counts:
        return [_line('', 'samples per class unknown')]
    official = part.get('official_counts') or {}
    width = max(len(name) for name in counts)
    lines = [_line('', f"{'class':<{width}} {'samples':>9} {'official':>9}")]
    for name, number in counts.items():
        wanted = official.get(name)
        mark = '  differs' if wanted not in (None, number) else ''
        lines.append(
            _line('', f'{name:<{width}} {number:>9} '
                  f"{'-' if wanted is None else wanted:>9}{mark}"))
    return lines


def _noise(noise: Any) -> List[str]:
    """Label noise: what was asked for, what came of it, and where to."""
    if not isinstance(noise, dict):
        return [_line('  noise', noise)]
    found = ('type', 'samples', 'flipped', 'rate', 'classes', 'transitions',
             'sha256')
    settings = ', '.join(f'{key}={value}' for key, value in noise.items()
                         if key not in found)
    lines = [
        _line('  noise', f"{noise['type']}({settings})"),
        _line('', f"{noise['flipped']} of {noise['samples']} labels "
              f"flipped, {100 * noise['rate']:.2f} %; rows: clean, columns: "
              'with noise')
    ]
    width = max(len(name) for name in noise['classes'])
    for name, row in zip(noise['classes'], noise['transitions']):
        numbers = ' '.join(f'{number:>6}' for number in row)
        lines.append(_line('', f'{name:<{width}} {numbers}'))
    return lines


def _auxiliary(source: Dict[str, Any]) -> List[str]:
    """Labels from a file: from where, and what they cover."""
    rates = ', '.join(
        f'{name} -' if rate is None else f'{name} {rate:.2f}'
        for name, rate in source.get('au_base_rate', {}).items())
    known = ', '.join(f'{k} {v}' for k, v in source['known'].items())
    lines = [
        _line('  auxiliary', f"{source['type']}, {source['path']}, sha256 "
              f"{source['sha256'][:12]}"),
        _line('', f"rows for {source['matched']} of {source['samples']} "
              f'samples; known: {known}; at least '
              f"{source['min_confidence']:g} confident"),
        _line('', f"of {source['rows']} rows {source['unmatched_rows']} are "
              f"of other images, {source['further_face_rows']} of further "
              f"faces, {source['shared_picture_rows']} of images shared by "
              'samples'),
    ]
    return lines + ([_line('', f'base rates: {rates}')] if rates else [])


def _names(pipeline: List[str]) -> str:
    return ' > '.join(text.split('(')[0] for text in pipeline) or 'none'


def _data(use: str, data: Dict[str, Any]) -> List[str]:
    lines = []
    for part in data['sets']:
        lines.append(
            _line(f'{use} set', f"{part['dataset']}, split "
                  f"{part.get('split')}, {part['samples']} samples"))
        lines += _counts(part)
        lines.append(_line('  folder', part.get('data_root')))
        lines.append(
            _line('  label space', f"{part.get('label_space')}: "
                  f"{', '.join(part.get('classes') or ['unknown'])}"))
        if part.get('dropped'):
            lines.append(_line('  dropped', part['dropped']))
        for note in part.get('notes') or ():
            lines.append(_line('  note', note))
        lines += _noise(part['noise'])
        for source in part.get('auxiliary') or ():
            lines += _auxiliary(source)
        lines.append(_line('  alignment', part['align']))
        if part.get('packed'):
            height, width = part['packed']['size']
            steps = [t['type'] for t in part['packed']['pipeline']]
            lines.append(_line('  packed', f'{height}x{width} pixels after '
                               f'{_names(steps)}'))
        lines.append(_line('  pipeline', _names(part['pipeline'])))
    if data['wrappers']:
        lines.append(
            _line('  wrapped in', ' > '.join(data['wrappers']) +
                  f", {data['samples']} samples in all"))
    sampler = dict(data['sampler'])
    settings = ', '.join(f'{k}={v}' for k, v in sampler.items() if k != 'type')
    lines.append(_line('  sampler', f"{sampler['type']}({settings})"))
    lines.append(
        _line('  batch', f"{data['batch_size']} x {data['world_size']} "
              f"process(es), {data['num_workers']} loader worker(s) each"))
    return lines


def _weights(weights: Dict[str, Any]) -> str:
    parts = [weights['source']]
    parts += [str(weights[k]) for k in ('path', 'info') if weights.get(k)]
    if weights.get('sha256'):
        hashes = weights['sha256'].split(' + ')  # of several files
        parts.append('sha256 ' + ' + '.join(one[:12] for one in hashes))
    if weights.get('selected'):
        parts.append(weights['selected'])
    return ', '.join(parts)


def selection_text(selection: Dict[str, Any]) -> str:
    """The model-selection rule in words."""
    if selection['rule'] != 'best epoch':
        return f"{selection['rule']}, nothing is selected"
    return (f"best epoch by {selection['metric']} ({selection['better']} is "
            f"better) on {', '.join(selection['on'])}")


def start_text(block: Dict[str, Any]) -> str:
    """The block at the start of a run."""
    run = block['run']
    lines = [f" protocol: {block['mode']} ".center(_WIDTH, '-')]
    for use, data in block['data'].items():
        lines += _data(use, data)
    lines += [
        _line('augments', _names(run['augments'])),
        *([_line('second view', _names(run['second_view']))]
          if run['second_view'] else []),
        *([_line('corrections', ', '.join(
            f'{k} {v}' for k, v in run['label_correction'].items()))]
          if 'label_correction' in run else []),
        _line('model', run['model']),
        _line('weights', _weights(block['weights'])),
        _line('seed', f"{run['seed']}, deterministic: "
              f"{run['deterministic']}"),
        _line('precision', run['precision']),
        _line('selection', selection_text(block['selection'])),
        _line('versions', ', '.join(
            f'{k} {v}' for k, v in run['versions'].items())),
    ]
    for resume in block.get('resumes') or ():
        lines.append(
            _line('resumed', f"at epoch {resume['epoch']}, changed: "
                  f"{'; '.join(resume['changes']) or 'nothing'}"))
    return '\n'.join(['', *lines, '-' * _WIDTH])


def _metrics(metrics: Dict[str, Any]) -> str:
    return ', '.join(
        f'{key} {value:.4g}' if isinstance(value, float) else f'{key} {value}'
        for key, value in metrics.items() if '/recall_' not in key)


def end_text(block: Dict[str, Any]) -> str:
    """The result at the end of a run."""
    lines = [f" result: {block['mode']} ".center(_WIDTH, '-')]
    result = block.get('result')
    if not result:
        lines.append('nothing was evaluated')
    elif 'metrics' in result:
        lines.append(_line('evaluated on', ', '.join(result['on'])))
        lines.append(_line('result', _metrics(result['metrics'])))
        lines.append(_line('weights', _weights(block['weights'])))
    else:
        last, mean, best = (result[k] for k in ('last', 'last_mean', 'best'))
        lines += [
            _line('evaluated on', ', '.join(result['on'])),
            _line('last epoch', f"{last['epoch']}: "
                  f"{_metrics(last['metrics'])}"),
            _line(f"mean of last {mean['num']}", _metrics(mean['metrics'])),
            _line('best epoch', f"{best['epoch']}: "
                  f"{_metrics(best['metrics'])}"),
            _line('', f"best by {best['metric']}, SELECTED ON THE EVALUATED "
                  'SPLIT: an optimistic number, quote it as such'),
        ]
    return '\n'.join(['', *lines, '-' * _WIDTH])
