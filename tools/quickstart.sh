#!/usr/bin/env bash
# Copyright (c) mmfer contributors.
# From nothing to a network that tells expressions, action units, valence and
# arousal: MTAC learns them from drawn faces of which every fifth has a wrong
# expression, repairs labels on the way, and shows what it sees. See
# tools/setup_env.sh for the environment it makes or uses.
#
#     bash tools/quickstart.sh [FOLDER]      FOLDER: work_dirs/quickstart
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-work_dirs/quickstart}
source tools/setup_env.sh
setup_env . detect  # with a face detector, for photos

# The file names the checkpoint relative to its folder.
last_checkpoint() { (cd "$out/$1" && realpath "$(cat last_checkpoint)"); }

config=configs/mtac/mtac_resnet18_1xb64_synthetic-noise20.py

say "1/4 a start: plain training on other faces; the log is in $out/start"
start=configs/baseline/resnet18_1xb64_synthetic-warmup.py
"$PY" tools/train.py "$start" --work-dir "$out/start" --resume

say "2/4 training; the log is in $out/run"
"$PY" tools/train.py "$config" --work-dir "$out/run" --resume \
    --cfg-options init_weights="$(last_checkpoint start)"

say "3/4 testing"
checkpoint=$(last_checkpoint run)
"$PY" tools/test.py "$config" "$checkpoint" --work-dir "$out/test" \
    --out "$out/predictions.csv"

say "4/4 drawing predictions"
"$PY" tools/visualization/draw_predictions.py "$config" "$checkpoint" \
    --out "$out/predictions.png"
"$PY" tools/analysis_tools/plot_curve.py "$out/run"

told() { grep -ho "$1" "$out/$2"/*/*.log | tail -1; }
say "test faces: $(told 'expr/accuracy [0-9.]*' test) %," \
    "$(told 'au/f1 [0-9.]*' test) %, $(told 'va/ccc -*[0-9.]*' test);" \
    "training: $(told '[0-9]* of [0-9]* wrong labels were put right, [0-9]* of [0-9]* true ones spoilt' run)"
say "done. Look at $out/predictions.png (faces and predictions)," \
    "$out/run/curve.png (training), $out/run/corrections.jsonl (repaired" \
    "labels), $out/run/protocol.json (what was done)"
say "and at a photo of yours:" \
    "$PY tools/infer.py $config $checkpoint PHOTO --out-dir drawn"
