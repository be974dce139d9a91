#!/usr/bin/env bash
# Copyright (c) mmfer contributors.
#
# Train on a slurm cluster, one process a GPU.
#
#   GPUS=8 bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [options
#   of tools/train.py]
#
# Set GPUS (default 1), GPUS_PER_NODE (default the lesser of GPUS and 8),
# CPUS_PER_TASK (default 5) and SRUN_ARGS as needed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/launch.sh"

if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG WORK_DIR [options]" >&2
    exit 2
fi
launch_slurm "$1" "$2" train.py "$3" --work-dir "$4" "${@:5}"
