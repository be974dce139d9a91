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
source "$(dirname "${BASH_SOURCE[0]}")/launch.sh"

if [ $# -lt 3 ]; then
    echo "usage: $0 CONFIG CHECKPOINT NUM_PROCESSES [options of" \
        "tools/test.py]" >&2
    exit 2
fi
launch_torchrun "$3" test.py "$1" "$2" "${@:4}"
