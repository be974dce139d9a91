#!/usr/bin/env bash
# Copyright (c) mmfer contributors.
#
# Test by several processes: one a GPU, or on the CPU where there is none.
#
#   bash tools/dist_test.sh CONFIG CHECKPOINT NUM_PROCESSES [options of
#   tools/test.py]
#
# Several machines: set NNODES, NODE_RANK, MASTER_ADDR and PORT on each.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: $0 CONFIG CHECKPOINT NUM_PROCESSES [options of tools/test.py]" >&2
    exit 2
fi
TOOLS="$(cd "$(dirname "$0")" && pwd)"
PYTHON="${MMFER_PYTHON:-$(command -v python || command -v python3)}"
ARGS=("$1" "$2")
PROCESSES="$3"
shift 3

if [ "${NNODES:-1}" = 1 ] && [ -z "${PORT:-}" ]; then
    WHERE=(--standalone)  # finds a free port itself
else
    WHERE=(--nnodes "${NNODES:-1}" --node_rank "${NODE_RANK:-0}"
           --master_addr "${MASTER_ADDR:-127.0.0.1}"
           --master_port "${PORT:-29500}")
fi

PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}" exec "$PYTHON" \
    -m torch.distributed.run "${WHERE[@]}" --nproc_per_node "$PROCESSES" \
    "$TOOLS/test.py" "${ARGS[@]}" --launcher pytorch "$@"
