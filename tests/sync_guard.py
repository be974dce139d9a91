# Copyright (c) mmfer contributors.
"""Find what makes the host wait for the device in a training step.

:func:`find_waits` reads source code. :class:`ForbidWaits` watches code that
runs, on any device: it refuses what would wait if the tensors lay on a GPU.
"""
import ast
import re

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

# Not called in a training step.
OFF_PATH = {
    '__init__', '__repr__', 'extra_repr', 'init_weights', 'predict',
    '_get_predictions', '_load_from_state_dict', 'get_layer_depth'
}
# A comment with this mark and a reason, at or above the line or ``def``.
MARK = re.compile(r'#\s*may wait:\s*\S+')

_METHODS = {
    'item', 'tolist', 'cpu', 'cuda', 'numpy', 'nonzero', 'argwhere',
    'masked_select', 'unique', 'unique_consecutive', 'bincount', 'equal',
    'allclose', 'is_nonzero'
}
_TRUTHS = {'any', 'all', 'isnan', 'isinf', 'isfinite'}
_MASKS = _TRUTHS - {'any', 'all'} | {
    'eq', 'ne', 'gt', 'ge', 'lt', 'le', 'logical_and', 'logical_or',
    'logical_not', 'bool'
}
_BATCHES = {
    'data_samples', 'samples', 'inputs', 'images', 'logits', 'labels',
    'sample_idx'
}
_PLAIN_CALLS = {'min', 'max', 'round', 'sum', 'abs'}
_PLAIN_ATTRIBUTES = {'shape', 'ndim', 'size', 'dim', 'numel', 'math'}


def find_waits(source):
    """What waits for the device, as far as the text shows it.

    - methods and functions that read values (``item``, ``tolist``, ``cpu``,
      ``numpy``) or whose result has a size that depends on values
      (``nonzero``, ``masked_select``, ``unique``, ``where`` of one argument,
      indexing with a mask);
    - ``float``, ``int`` and ``bool`` of what is not known to be a number;
    - conditions on ``.any()``, ``.all()`` and the like;
    - ``torch.tensor`` with a device, a copy that waits;
    - loops over the samples of a batch.

    Functions in ``OFF_PATH`` are left out, and so are lines and functions
    with a comment ``# may wait: REASON``.

    Returns:
        list[str]: ``line NUMBER: TEXT``.
    """
    lines = source.splitlines()
    found = []
    for node in ast.parse(source).body:
        for part in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                _Reader(lines, found).read(part)
    return [f'line {line}: {text}' for line, text in sorted(set(found))]


class _Reader(ast.NodeVisitor):
    """Reads one function."""

    def __init__(self, lines, found):
        self.lines, self.found = lines, found
        self.numbers, self.masks = set(), set()

    def read(self, function):
        start = min([function.lineno] +
                    [d.lineno for d in function.decorator_list])
        if function.name in OFF_PATH or self._marked(
                start, function.body[0].lineno - 1):
            return
        arguments = function.args
        for arg in arguments.posonlyargs + arguments.args + \
                arguments.kwonlyargs:
            if arg.annotation is not None and ast.unparse(
                    arg.annotation) in ('int', 'float', 'bool', 'str'):
                self.numbers.add(arg.arg)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and self._is_mask(node.value):
                self.masks |= {
                    t.id for t in node.targets if isinstance(t, ast.Name)
                }
        for statement in function.body:
            self.visit(statement)

    def _marked(self, first, last):
        last = max(first, last)
        while self.lines[first - 2].strip().startswith('#') and first > 1:
            first -= 1
        return any(map(MARK.search, self.lines[first - 1:last]))

    def _report(self, node):
        if not self._marked(node.lineno, node.end_lineno):
            text = ast.unparse(node).splitlines()[0]
            self.found.append((node.lineno, text))

    def visit_FunctionDef(self, node):
        if not self._marked(node.lineno, node.body[0].lineno - 1):
            self.generic_visit(node)

    def visit_Call(self, node):
        name = _name(node.func)
        of_torch = isinstance(node.func, ast.Attribute) and _name(
            node.func.value) == 'torch'
        if isinstance(node.func, ast.Attribute):
            if name in _METHODS or name == 'where' and len(
                    node.args) == 1 and of_torch:
                self._report(node)
            elif of_torch and name in ('tensor', 'as_tensor') and any(
                    k.arg == 'device' and ast.unparse(k.value) != "'cpu'"
                    for k in node.keywords):
                self._report(node)
        elif name in ('float', 'int', 'bool') and not all(
                map(self._is_number, node.args)):
            self._report(node)
        self.generic_visit(node)

    def visit_Subscript(self, node):
        index = node.slice
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        if any(map(self._is_mask, parts)):
            self._report(node)
        self.generic_visit(node)

    def _test(self, node):
        for part in ast.walk(node.test):
            if isinstance(part, ast.Call) and isinstance(
                    part.func, ast.Attribute) and part.func.attr in _TRUTHS \
                    and _name(part.func.value) not in ('math', 'np'):
                self._report(node.test)
        self.generic_visit(node)

    visit_If = visit_While = visit_IfExp = visit_Assert = _test

    def visit_For(self, node):
        if any(n in _BATCHES for n in _iterated(node.iter)):
            if not self._marked(node.lineno, node.iter.end_lineno):
                self._report(node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node):
        if any(n in _BATCHES for n in _iterated(node.iter)):
            self._report(node.iter)
        self.generic_visit(node)

    def _is_number(self, node):
        """Whether an expression is surely no tensor."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            return node.id in self.numbers
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            return bool(_PLAIN_ATTRIBUTES & _names(node))
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                return bool(_PLAIN_ATTRIBUTES & _names(node.func))
            name = _name(node.func)
            return name == 'len' or name in _PLAIN_CALLS and all(
                map(self._is_number, node.args))
        if isinstance(node, ast.Starred):
            return self._is_number(node.value)
        return isinstance(node, (ast.BinOp, ast.UnaryOp)) and all(
            self._is_number(child) for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr))

    def _is_mask(self, node):
        """Whether an index is a tensor of booleans."""
        if isinstance(node, ast.Compare):
            return not any(
                isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn))
                for op in node.ops)
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.Invert)
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, (ast.BitAnd, ast.BitOr)) and (
                self._is_mask(node.left) or self._is_mask(node.right))
        if isinstance(node, ast.Name):
            return node.id in self.masks or node.id.split('_')[-1] == 'mask'
        return isinstance(node, ast.Call) and isinstance(
            node.func, ast.Attribute) and node.func.attr in _MASKS


def _name(node):
    return getattr(node, 'attr', getattr(node, 'id', None))


def _names(node):
    return {_name(part) for part in ast.walk(node)}


def _iterated(node):
    """The plain names that a loop goes over, through zip and enumerate."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Call) and _name(node.func) in (
            'zip', 'enumerate', 'reversed'):
        return [name for arg in node.args for name in _iterated(arg)]
    return []


class Waits(AssertionError):
    """Code on the training path would wait for the device."""


_OPERATORS = {
    '_local_scalar_dense', 'item', 'nonzero', 'argwhere', 'equal', 'allclose',
    'is_nonzero', 'masked_select', '_unique', '_unique2', 'unique_dim',
    'unique_consecutive', 'unique_dim_consecutive', 'bincount'
}
_READERS = {
    'item', 'tolist', 'numpy', 'cpu', '__array__', '__bool__', '__int__',
    '__float__', '__index__', '__contains__'
}


class _Operators(TorchDispatchMode):

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        if name in _OPERATORS:
            raise Waits(f'aten.{name} waits for the device')
        if name in ('index', 'index_put', 'index_put_') and any(
                torch.is_tensor(i) and i.dtype in (torch.bool, torch.uint8)
                for i in args[1]):
            raise Waits(f'aten.{name} with a mask waits for the device. '
                        'Hint: torch.where or multiplication')
        if name == 'repeat_interleave' and len(args) == 1 and not (
                kwargs or {}).get('output_size'):
            raise Waits('repeat_interleave by a tensor needs output_size')
        return func(*args, **(kwargs or {}))


class ForbidWaits(TorchFunctionMode):
    """A context in which nothing may wait for the device.

    Operators are watched below autograd, so that those of the backward pass
    and those called by other operators count as well. Reading the values of a
    tensor in host memory needs no operator; that is watched in Python.

    Raises:
        Waits: By the operation that would wait.
    """

    def __enter__(self):
        self._operators = _Operators()
        self._operators.__enter__()
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        self._operators.__exit__(*error)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        name = getattr(func, '__name__', '')
        if name in _READERS:
            raise Waits(f'Tensor.{name} waits for the device')
        return func(*args, **(kwargs or {}))
