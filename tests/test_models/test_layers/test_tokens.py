# Copyright (c) mmfer contributors.
"""Choosing tokens, remembering where patches went, dropping parts."""
import pytest
import torch

from mmfer.models.layers import (STRENGTHS, HeadDropping, IRUnit, PatchExits,
                                 draw_kept, number_kept, take_tokens,
                                 top_tokens)


@pytest.mark.parametrize('keep, first', [(4, False), (0.5, False), (3, True),
                                         (0.3, True), (0.01, True)])
def test_top_tokens_by_sorting(keep, first):
    torch.manual_seed(0)
    scores = torch.randn(5, 9)
    index = top_tokens(scores, keep, first)
    ranked = scores[:, first:].tolist()
    number = keep if isinstance(keep, int) else max(
        int(len(ranked[0]) * keep), 1)
    for row, got in zip(ranked, index.tolist()):
        best = sorted(range(len(row)), key=lambda i: -row[i])[:number]
        assert got == [0] * first + sorted(i + first for i in best)
    tokens = torch.randn(5, 9, 3)
    for n in range(5):
        assert torch.equal(take_tokens(tokens, index)[n], tokens[n, index[n]])


def test_all_tokens_are_no_choice():
    scores, tokens = torch.randn(2, 5), torch.randn(2, 5, 3)
    assert top_tokens(scores, 5) is None
    assert top_tokens(scores, 1.0, first=True) is None
    assert take_tokens(tokens, None) is tokens


def test_numbers_of_the_paper():
    """161 tokens, then 145, 130, 117 and 105, the class token included."""
    numbers = [160]
    for _ in range(4):
        numbers.append(number_kept(numbers[-1], 0.9))
    assert [n + 1 for n in numbers] == [161, 145, 130, 117, 105]


@pytest.mark.parametrize('keep', [0, 10, -1, 0.0, 1.5])
def test_bad_number_of_tokens(keep):
    with pytest.raises(ValueError, match='of 9 tokens'):
        top_tokens(torch.zeros(1, 9), keep)


def test_strengths_by_loops():
    x = torch.randn(2, 4, 3)
    wanted = dict(
        sum=sum, max=max, sum_abs=lambda v: sum(map(abs, v)),
        sum_square=lambda v: sum(i * i for i in v),
        max_abs=lambda v: max(map(abs, v)))
    assert set(wanted) == set(STRENGTHS)
    for name, rule in wanted.items():
        got = STRENGTHS[name](x, 1)
        for n in range(2):
            for i in range(3):
                torch.testing.assert_close(
                    got[n, i].item(), rule(x[n, :, i].tolist()),
                    rtol=1e-5, atol=1e-6)


def test_patch_exits_by_loops():
    """Three rounds of random choices, noted face by face."""
    torch.manual_seed(0)
    exits, alive, wanted = PatchExits(2, 12, 'cpu'), [list(range(12))] * 2, []
    left = [dict.fromkeys(range(12), 9) for _ in range(2)]
    for layer, number in ((0, 8), (2, 5), (3, 2)):
        index = top_tokens(torch.randn(2, len(alive[0])), number)
        exits.keep(index, layer)
        exits.keep(None, layer + 1)
        for n in range(2):
            kept = [alive[n][i] for i in index[n].tolist()]
            for patch in set(alive[n]) - set(kept):
                left[n][patch] = layer
            alive[n] = kept
    wanted = torch.tensor([[row[i] for i in range(12)] for row in left])
    assert torch.equal(exits.maps(9, (3, 4)), wanted.view(2, 3, 4))


def test_draw_kept():
    torch.manual_seed(0)
    kept = draw_kept(4000, 4, 0.6, 1, 'cpu')
    lost = 4 - kept.sum(1)
    assert set(lost.tolist()) == {0., 1.}
    assert lost.mean().item() == pytest.approx(0.6, abs=0.03)
    assert (1 - kept).mean(0).numpy() == pytest.approx(0.15, abs=0.02)
    # Two draws with replacement hit one part in a quarter of the cases.
    lost = 4 - draw_kept(4000, 4, 1., 2, 'cpu').sum(1)
    assert (lost == 2).float().mean().item() == pytest.approx(
        0.5 * 0.75, abs=0.03)
    assert (draw_kept(50, 4, 0., 2, 'cpu') == 1).all()


@pytest.mark.parametrize('mode', ['head', 'token'])
def test_head_dropping(mode):
    torch.manual_seed(0)
    drop = HeadDropping(prob=1., mode=mode)
    qkv = torch.rand(200, 6, 3, 4, 2) + 1
    out = drop(qkv)
    gone = out == 0
    assert torch.equal(out, torch.where(gone, 0, qkv))
    heads = gone.all(4).all(2).all(1)  # in all tokens
    tokens = gone.flatten(2).all(2)  # in all heads
    one, none = (heads, tokens) if mode == 'head' else (tokens, heads)
    assert (one.sum(1) == 1).all() and not none.any()
    assert gone.float().mean().item() == pytest.approx(
        1 / 4 if mode == 'head' else 1 / 6)
    # Every head is hit; as many first tokens as there are heads.
    assert one.any(0).tolist() == [True] * 4 + [False] * (one.size(1) - 4)
    assert drop.eval()(qkv) is qkv


@pytest.mark.parametrize('arguments', [
    dict(prob=1.5), dict(most=0), dict(mode='heads')])
def test_bad_head_dropping(arguments):
    with pytest.raises(ValueError, match='must'):
        HeadDropping(**arguments)


def test_bad_unit():
    with pytest.raises(ValueError, match="unit must be one of.*'ir'"):
        IRUnit(4, 4, 1, 'ir')
