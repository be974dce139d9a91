#!/usr/bin/env bash
# Copyright (c) mmfer contributors.
#
# Test on a slurm cluster, one process a GPU.
#
#   GPUS=8 bash tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT
#   [options of tools/test.py]
#
# Set GPUS (default 1), GPUS_PER_NODE (default the lesser of GPUS and 8),
# CPUS_PER_TASK (default 5) and SRUN_ARGS as needed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/launch.sh"

if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG CHECKPOINT [options]" >&2
    exit 2
fi
launch_slurm "$1" "$2" test.py "$3" "$4" "${@:5}"
