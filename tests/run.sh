#!/usr/bin/env bash
# Copyright (c) mmfer contributors.
# Install what is missing and run the tests; see tools/setup_env.sh.
#
#     bash tests/run.sh                     the fast tests
#     bash tests/run.sh -m slow             the slow ones
#     bash tests/run.sh tests/test_x.py     further arguments go to pytest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup_env.sh
setup_env . tests

# One thread for each of two processes; plugins where they are installed.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
options=(-m "not slow")
if "$PY" -c 'import xdist' 2>/dev/null; then
    options+=(-n 2 --dist loadfile)
fi
if "$PY" -c 'import pytest_timeout' 2>/dev/null; then
    options+=(--timeout 900)
fi
exec "$PY" -m pytest "${options[@]}" "$@"
