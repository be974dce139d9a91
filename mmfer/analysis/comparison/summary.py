# Copyright (c) mmfer contributors.
"""From the results of single runs to the rows of a table."""
from statistics import mean, stdev
from typing import Dict, List, Mapping, NamedTuple, Optional

from .grid import Cell
from .runs import Outcome

#: Columns of the table: name -> metric of the last epoch.
METRICS = dict(accuracy='expr/accuracy', UAR='expr/uar', F1='expr/f1',
               ECE='expr/ece')


class Row(NamedTuple):
    """A method on a ground.

    Args:
        method (str): The config's name.
        ground (str): Dataset and noise.
        values (dict[str, dict[int, float]]): Column -> seed -> value at the
            last epoch.
        iteration (float, optional): Seconds of an iteration, the mean of the
            runs' medians.
        p_value (float, optional): Two-sided, of a paired t-test on the
            accuracy against the first method, over common seeds; None below
            two of them.
        difference (float, optional): Mean difference of that accuracy.
        failed (dict[int, str]): Seed -> why the run failed.
        cost (dict[str, float]): See :func:`model_cost`.
    """
    method: str
    ground: str
    values: Dict[str, Dict[int, float]]
    iteration: Optional[float]
    p_value: Optional[float]
    difference: Optional[float]
    failed: Dict[int, str]
    cost: Dict[str, float]

    def mean(self, column: str) -> Optional[float]:
        """Over the seeds, None without a value."""
        values = self.values[column].values()
        return mean(values) if values else None

    def deviation(self, column: str) -> Optional[float]:
        """The sample's standard deviation, None below two seeds."""
        values = self.values[column].values()
        return stdev(values) if len(values) > 1 else None


def summarise(outcomes: Mapping[Cell, Outcome],
              costs: Optional[Mapping[str, Dict[str, float]]] = None
              ) -> List[Row]:
    """One row a method and ground, in the order of the runs.

    Args:
        outcomes (Mapping[Cell, Outcome]): How each run ended.
        costs (Mapping, optional): Method -> its cost. Defaults to None.
    """
    rows: List[Row] = []
    for ground in dict.fromkeys(cell.ground for cell in outcomes):
        here = {cell: out for cell, out in outcomes.items()
                if cell.ground == ground}
        base: Optional[Dict[int, float]] = None
        for method in dict.fromkeys(cell.method for cell in here):
            runs = {cell.seed: out for cell, out in here.items()
                    if cell.method == method}
            values = {column: _values(runs, metric)
                      for column, metric in METRICS.items()}
            accuracy = values['accuracy']
            times = [out.iteration for out in runs.values() if out.iteration]
            common = [] if base is None else sorted(accuracy.keys() & base)
            rows.append(Row(
                method, ground, values, mean(times) if times else None,
                _p_value([accuracy[s] for s in common],
                         [base[s] for s in common]) if base else None,
                mean(accuracy[s] - base[s] for s in common)
                if common else None,
                {seed: out.problem for seed, out in runs.items()
                 if out.problem},
                dict((costs or {}).get(method, {}))))
            base = accuracy if base is None else base
    return rows


def _values(runs: Mapping[int, Outcome], metric: str) -> Dict[int, float]:
    found = {}
    for seed, outcome in runs.items():
        if outcome.protocol is not None:
            metrics = outcome.protocol['result']['last']['metrics']
            if metric in metrics:
                found[seed] = metrics[metric]
    return found


def _p_value(first: List[float], second: List[float]) -> Optional[float]:
    from scipy.stats import ttest_rel
    differences = {a - b for a, b in zip(first, second)}
    if len(first) < 2 or len(differences) < 2:
        return None
    return float(ttest_rel(first, second).pvalue)
