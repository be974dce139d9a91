# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional, Sequence

from mmengine.evaluator import BaseMetric

from mmfer.registry import METRICS
from mmfer.structures import AnnotationError
from ..finite_predictions import require_finite
from ..patch_occlusion import occlusion_auc, patch_coverage


@METRICS.register_module()
class OcclusionMetric(BaseMetric):
    """How a model fares where something hides a part of the face.

    - ``occluded`` and ``free``: the accuracy on faces with an occluder, and
      on those without, in percent;
    - ``patch_auc``: of models that weigh patches, how surely the smaller
      weight tells a covered patch, in [0, 1]; see :func:`occlusion_auc`.

    The mask of what is hidden comes from
    :class:`~mmfer.datasets.SyntheticFER`, or on other images from
    :class:`~mmfer.datasets.transforms.PasteOccluder`.

    Args:
        threshold (float): The least part of a patch that an occluder covers,
            for a covered patch. Defaults to 0.5, our choice.
        collect_device (str): ``'cpu'`` or ``'gpu'``, see ``BaseMetric``.
            Defaults to ``'cpu'``.
        prefix (str, optional): Another prefix than ``'occlusion'``.

    Raises:
        AnnotationError: If a sample has no mask.
        ValueError: If a prediction is not finite.
    """

    default_prefix: Optional[str] = 'occlusion'

    def __init__(self,
                 threshold: float = 0.5,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.threshold = threshold

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what is known about each sample.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples with ``gt_label``,
                ``pred_label``, ``gt_mask`` ``(H, W)``, 1 = occluded, and,
                where there are any, ``pred_patch_weights`` ``(P, )`` and
                ``pred_patch_boxes`` ``(P, 4)``.
        """
        for sample in data_samples:
            require_finite(sample, 'pred_score', 'pred_patch_weights')
            mask = sample.get('gt_mask')
            if mask is None:
                name = sample.get('img_path',
                                  sample.get('sample_idx', 'unnamed'))
                raise AnnotationError(
                    'the sample has no gt_mask, which OcclusionMetric needs',
                    name, hint='evaluate on SyntheticFER, or put '
                    "dict(type='PasteOccluder') into the pipeline")
            mask = mask.cpu().numpy()
            row = dict(
                occluded=bool(mask.any()),
                right=bool(sample['pred_label'] == sample['gt_label']))
            if sample.get('pred_patch_weights') is not None:
                row['weights'] = sample['pred_patch_weights'].float().cpu(
                ).numpy()
                row['coverage'] = patch_coverage(
                    sample['pred_patch_boxes'].cpu().numpy(), mask)
            self.results.append(row)

    def compute_metrics(self, results: List[dict]) -> Dict[str, float]:
        """Compute the measures.

        Args:
            results (list[dict]): One of each sample.

        Returns:
            dict[str, float]: Those that there are samples for.
        """
        metrics = {}
        for name, occluded in (('occluded', True), ('free', False)):
            right = [row['right'] for row in results
                     if row['occluded'] is occluded]
            if right:
                metrics[name] = 100 * sum(right) / len(right)
        if 'weights' in results[0]:
            metrics['patch_auc'] = occlusion_auc(
                [row['weights'] for row in results],
                [row['coverage'] for row in results], self.threshold)
        return metrics
