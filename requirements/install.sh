#!/bin/sh
# install.sh VENV REQUIREMENTS: make the virtual environment VENV hold what REQUIREMENTS names.
#
# Does nothing, and needs no network, when it has been done for this content before. Takes the first
# Python that is new enough; installs with uv where there is one, else with pip. Hashes are checked.
set -eu

venv=$1
requirements=$2
stamp="$venv/installed"
wanted=$(cksum < "$requirements")

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null
}

find_python() {
    pyenv=${PYENV_ROOT:-$HOME/.pyenv}/versions
    chosen=$(cat .python-version 2>/dev/null || echo 3)
    for candidate in "python$chosen" "$pyenv/$chosen"*/bin/python3 python3 \
        python3.14 python3.13 python3.12 python "$pyenv"/3.*/bin/python3; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] \
    && new_enough "$venv/bin/python"; then
    exit 0
fi

if ! new_enough "$venv/bin/python"; then
    python=$(find_python)
    if [ -z "$python" ]; then
        echo "Relance needs Python 3.12 or newer; found: $(python3 --version 2>&1 || echo none)." >&2
        echo "Install one and run make again (python.org, your system's packages, pyenv or uv)." >&2
        exit 1
    fi
    echo "Making $venv with $("$python" --version) …"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" 2>/dev/null; then
        # Debian keeps venv in a package of its own; uv can do without.
        rm -rf "$venv"
        if ! command -v uv >/dev/null || ! uv venv --quiet --python "$python" "$venv"; then
            echo "This Python cannot make virtual environments (on Debian: apt install python3-venv)." >&2
            exit 1
        fi
    fi
fi

echo "Installing $requirements …"
# uv brings certificates of its own; the system's also know a company's.
export UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true
if command -v uv >/dev/null; then
    uv=uv
else
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv 2>/dev/null || true
    uv="$venv/bin/uv"
fi
if ! { [ "$uv" = uv ] || [ -x "$uv" ]; } || ! "$uv" pip install --quiet \
    --python "$venv/bin/python" --require-hashes -r "$requirements"; then
    echo "Without uv: installing with pip …"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --require-hashes -r "$requirements"
fi
echo "$wanted" > "$stamp"
