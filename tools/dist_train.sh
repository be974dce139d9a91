#!/usr/bin/env bash
# Copyright (c) mmfer contributors.
#
# Train by several processes: one a GPU, or on the CPU where there is none.
#
#   bash tools/dist_train.sh CONFIG NUM_PROCESSES [options of tools/train.py]
#
# Several machines: set NNODES, NODE_RANK, MASTER_ADDR and PORT on each.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/launch.sh"

if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG NUM_PROCESSES [options of tools/train.py]" >&2
    exit 2
fi
launch_torchrun "$2" train.py "$1" "${@:3}"
