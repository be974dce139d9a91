# Copyright (c) mmfer contributors.
# Sourced by tests/run.sh and tools/quickstart.sh; works in bash.
#
#     source tools/setup_env.sh
#     setup_env REPOSITORY [EXTRA]
#
# sets PY to the Python to use. Without MMFER_PYTHON that is REPOSITORY/.venv,
# made and filled here: torch, torchvision, requirements/mm.txt and mmfer with
# its extra. With MMFER_PYTHON it is that interpreter, in which nothing is
# installed.

say() { echo "mmfer: $*" >&2; }

# Prints the first Python of a supported version that can make environments.
find_python() {
    local name path old=""
    for name in python3 python python3.11 python3.12 python3.10; do
        # A name on the path may be a stub that runs nothing.
        path=$(command -v "$name") || continue
        "$path" -c 'import sys' 2>/dev/null || continue
        if ! "$path" -c 'import sys
sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
            old="$old $path ($("$path" -V 2>&1))"
        elif ! "$path" -c 'import ensurepip, venv' 2>/dev/null; then
            old="$old $path (without venv: install the system's python3-venv)"
        else
            echo "$path"
            return 0
        fi
    done
    say "no usable Python 3.10, 3.11 or 3.12 found.${old:+ Seen:$old.}"
    say "Install one, or name one: MMFER_PYTHON=/path/to/python bash $0"
    return 1
}

# pip install, tried three times, for networks fail.
pip_install() {
    local try
    for try in 1 2 3; do
        "$PY" -m pip install --disable-pip-version-check -q "$@" && return 0
        say "pip install $* failed (try $try of 3)"
        [ "$try" = 3 ] || sleep $((try * 5))
    done
    say "could not install: $*. See pip's words above: is the network up," \
        "is the disk full ($(df -h . | awk 'END {print $4}') left)?"
    return 1
}

# Says what is wrong with the environment, if anything is.
consult_doctor() {
    local report
    report=$("$PY" "$1/tools/misc/doctor.py" 2>&1) || {
        echo "$report" >&2
        say "$PY cannot run mmfer; see the remedies above"
        return 1
    }
}

# What the environment was made from.
env_stamp() {
    local root=$1 extra=$2
    { echo "$root $extra"; "$PY" -V; cat "$root"/requirements/*.txt \
        "$root/setup.py" "$root/pyproject.toml" \
        "$root/mmfer/version.py"; } | cksum
}

use_own_env() {
    local root=$1 extra=$2 base stamp="$1/.venv/mmfer-$2.stamp"
    PY=$root/.venv/bin/python
    if [ -f "$stamp" ] && [ "$(env_stamp "$root" "$extra")" = \
        "$(cat "$stamp")" ] && "$PY" -c 'import sys; from importlib.util \
import find_spec; sys.exit(not all(map(find_spec, ["mmfer", "torch"])))'; then
        say "using $PY"
        return 0
    fi
    if ! "$PY" -m pip --version >/dev/null 2>&1; then
        base=$(find_python) || return 1
        say "making $root/.venv with $base ($("$base" -V 2>&1))"
        rm -rf "$root/.venv"
        "$base" -m venv "$root/.venv" || return 1
    fi
    say "installing into $root/.venv; the first time this takes a few minutes" \
        "and several GB"
    pip_install --upgrade pip || return 1
    pip_install torch torchvision || return 1
    pip_install -r "$root/requirements/mm.txt" || return 1
    pip_install -e "$root${extra:+[$extra]}" || return 1
    consult_doctor "$root" || return 1
    env_stamp "$root" "$extra" >"$stamp"
}

use_given_env() {
    local root=$1 name
    PY=$(command -v "$MMFER_PYTHON") || {
        say "MMFER_PYTHON=$MMFER_PYTHON is not a program"
        return 1
    }
    say "using $PY as it is"
    # The tree in place of an installation: package and .mim folder.
    export PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH}
    rm -rf "$root/mmfer/.mim"
    mkdir "$root/mmfer/.mim"
    for name in configs tools model-index.yml; do
        ln -s "../../$name" "$root/mmfer/.mim/$name" || return 1
    done
    consult_doctor "$root"
}

setup_env() {
    local root
    root=$(cd "$1" && pwd) || return 1
    if [ -n "${MMFER_PYTHON:-}" ]; then
        use_given_env "$root"
    else
        use_own_env "$root" "${2:-}"
    fi
}
