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

if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG WORK_DIR [options]" >&2
    exit 2
fi
TOOLS="$(cd "$(dirname "$0")" && pwd)"
PYTHON="${MMFER_PYTHON:-$(command -v python || command -v python3)}"
GPUS="${GPUS:-1}"
GPUS_PER_NODE="${GPUS_PER_NODE:-$((GPUS < 8 ? GPUS : 8))}"

# SRUN_ARGS holds several words on purpose.
# shellcheck disable=SC2086
PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}" exec srun \
    --partition="$1" --job-name="$2" --gres=gpu:"$GPUS_PER_NODE" \
    --ntasks="$GPUS" --ntasks-per-node="$GPUS_PER_NODE" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} "$PYTHON" -u "$TOOLS/train.py" "$3" --work-dir "$4" \
    --launcher slurm "${@:5}"
