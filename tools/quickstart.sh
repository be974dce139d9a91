#!/usr/bin/env bash
# Copyright (c) mmfer contributors.
# From nothing to a trained expression classifier and a picture of what it
# sees: drawn faces are written to disk, a small network is trained on them and
# tested. See tools/setup_env.sh for the environment it makes or uses.
#
#     bash tools/quickstart.sh [FOLDER]      FOLDER: work_dirs/quickstart
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-work_dirs/quickstart}
source tools/setup_env.sh
setup_env .

config=configs/baseline/resnet18_1xb64_quickstart.py
roots=(train_dataloader val_dataloader test_dataloader)
roots=("${roots[@]/%/.dataset.data_root=$out/faces}")

say "1/4 drawing faces into $out/faces"
"$PY" tools/dataset_tools/make_synthetic.py "$out/faces" --resume \
    --split train valid test --size 3000 600 600 --image-size 64 --workers 2

say "2/4 training; the log is in $out/run"
"$PY" tools/train.py "$config" --work-dir "$out/run" --resume \
    --cfg-options "${roots[@]}"

say "3/4 testing"
checkpoint=$(cat "$out/run/last_checkpoint")
"$PY" tools/test.py "$config" "$checkpoint" --work-dir "$out/test" \
    --out "$out/predictions.csv" --cfg-options "${roots[@]}"

say "4/4 drawing predictions"
"$PY" tools/visualization/draw_predictions.py "$config" "$checkpoint" \
    --out "$out/predictions.png" --cfg-options "${roots[@]}"
"$PY" tools/analysis_tools/plot_curve.py "$out/run"

say "done. Look at $out/predictions.png (faces and predictions)," \
    "$out/run/curve.png (training), $out/run/protocol.json (what was done)"
