# Copyright (c) mmfer contributors.
from typing import Any, List

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.datasets.au_labels import read_au_labels
from mmfer.errors import ConfigError
from mmfer.models.heads import AUGraphHead
from mmfer.registry import HOOKS
from mmfer.structures import AUGraph
from ..model_parts import parts_of


@HOOKS.register_module()
class AUGraphHook(Hook):
    """Give graph heads the edges of the training set.

    Before training the labels of action units of the training set are
    counted by the main process and every :class:`AUGraphHead` with
    ``adjacency='data'`` gets their graph. It is saved with the weights: a
    resumed run and a test take it from the checkpoint.

    Args:
        threshold (float): Labels of at least this are occurrence: 0.5 for
            probabilities, 1 for intensities from 0 to 5. Defaults to 0.5.
        **graph: See :meth:`mmfer.structures.AUGraph.from_labels`; not
            signed.

    Heads whose edges come from elsewhere are left alone.

    Raises:
        ValueError: If there is no such head, or the action units of head and
            dataset differ.
    """

    def __init__(self, threshold: float = 0.5, **graph: Any) -> None:
        self.threshold = threshold
        self.graph = graph

    @staticmethod
    def _heads(runner: Runner) -> List[AUGraphHead]:
        heads = parts_of(runner.model, AUGraphHead)
        if not heads:
            raise ConfigError('AUGraphHook found no AUGraphHead',
                              hint='add one to task_heads, or remove the '
                              'hook')
        return [h for h in heads if h.graph.adjacency.source == 'data']

    def before_train(self, runner: Runner) -> None:
        """Count and hand over, but not in a resumed run."""
        heads = self._heads(runner)
        if runner.iter > 0 or not heads:
            return
        found = [None]
        if is_main_process():
            labels, names = read_au_labels(runner.train_dataloader.dataset,
                                           self.threshold)
            found = [AUGraph.from_labels(labels, names, **self.graph)]
        broadcast_object_list(found)
        graph = found[0]
        for head in heads:
            if head.au_names != graph.names:
                raise ConfigError('the head has the action units '
                                  f'{list(head.au_names)}, the training set '
                                  f'{list(graph.names)}',
                                  hint='give both the same au_set')
            head.graph.adjacency.set_graph(graph)
        runner.logger.info(
            f'graph of {len(graph.names)} action units from '
            f"{graph.provenance['samples']} samples: {graph.num_edges} edges")
