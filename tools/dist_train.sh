#!/usr/bin/env bash
# Copyright (c) mmfer contributors.
#
# Train by several processes: one a GPU, or on the CPU where there is none.
#
#   bash tools/dist_train.sh CONFIG NUM_PROCESSES [options of tools/train.py]
#
# Several machines: set NNODES, NODE_RANK, MASTER_ADDR and PORT on each.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG NUM_PROCESSES [options of tools/train.py]" >&2
    exit 2
fi
TOOLS="$(cd "$(dirname "$0")" && pwd)"
PYTHON="${MMFER_PYTHON:-$(command -v python || command -v python3)}"
ARGS=("$1")
PROCESSES="$2"
shift 2

if [ "${NNODES:-1}" = 1 ] && [ -z "${PORT:-}" ]; then
    WHERE=(--standalone)  # finds a free port itself
else
    WHERE=(--nnodes "${NNODES:-1}" --node_rank "${NODE_RANK:-0}"
           --master_addr "${MASTER_ADDR:-127.0.0.1}"
           --master_port "${PORT:-29500}")
fi

PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}" exec "$PYTHON" \
    -m torch.distributed.run "${WHERE[@]}" --nproc_per_node "$PROCESSES" \
    "$TOOLS/train.py" "${ARGS[@]}" --launcher pytorch "$@"
