# Copyright (c) mmfer contributors.
# Sourced by dist_train.sh, dist_test.sh, slurm_train.sh and slurm_test.sh.

TOOLS="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
PYTHON="${MMFER_PYTHON:-$(command -v python || command -v python3)}"
export PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}"

# Run a tool in several processes: launch_torchrun PROCESSES TOOL [ARGUMENTS]
launch_torchrun() {
    local where=(--standalone)  # finds a free port itself
    if [ "${NNODES:-1}" != 1 ] || [ -n "${PORT:-}" ]; then
        where=(--nnodes "${NNODES:-1}" --node_rank "${NODE_RANK:-0}"
               --master_addr "${MASTER_ADDR:-127.0.0.1}"
               --master_port "${PORT:-29500}")
    fi
    exec "$PYTHON" -m torch.distributed.run "${where[@]}" \
        --nproc_per_node "$1" "$TOOLS/$2" "${@:3}" --launcher pytorch
}

# Run a tool on slurm: launch_slurm PARTITION JOB_NAME TOOL [ARGUMENTS]
launch_slurm() {
    local gpus="${GPUS:-1}" per_node
    per_node="${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}"
    # SRUN_ARGS holds several words on purpose.
    # shellcheck disable=SC2086
    exec srun --partition="$1" --job-name="$2" --gres=gpu:"$per_node" \
        --ntasks="$gpus" --ntasks-per-node="$per_node" \
        --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 \
        ${SRUN_ARGS:-} "$PYTHON" -u "$TOOLS/$3" "${@:4}" --launcher slurm
}
