# Sourced by run and test: makes or refreshes .venv in the checkout. Everything it says goes to stderr.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
venv="$root/.venv"
python="$venv/bin/python"

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $*"
    exit 2
}

# Prints the newest usable Python; a name may be on the path and still not run (version managers).
find_python() {
    local candidate
    for candidate in python3.13 python3.12 python3.11 python3.14 python3 python; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# Installs the missing ones of linux/apt.txt as root; otherwise says once which they are.
system_libraries() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0
    local package missing=()
    while read -r package; do
        case "$package" in '' | '#'*) continue ;; esac
        dpkg-query -W -f '${Status}\n' "$package" "${package}t64" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done <"$root/packaging/linux/apt.txt"
    [ "${#missing[@]}" -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        say "The window may need system libraries: sudo apt-get install ${missing[*]}"
        return 0
    fi
    say "Installing system libraries: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 && return 0
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1; then
        say "They could not be installed; should the window not open: apt-get install ${missing[*]}"
    fi
}

# Prints the requirements of pyproject.toml, one a line: the application's with its extra onnx, since whoever begins by
# a checkout saves a model as ONNX in the first minutes; or those of its group dev.
requirements() {
    "$python" - "$root/pyproject.toml" "$1" <<'PYTHON'
import sys
import tomllib

with open(sys.argv[1], "rb") as file:
    project = tomllib.load(file)
own = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["onnx"]
print("\n".join(project["dependency-groups"]["dev"] if sys.argv[2] == "dev" else own))
PYTHON
}

pip_install() {
    "$python" -m pip install -qq --disable-pip-version-check --no-input --no-warn-script-location \
        --root-user-action=ignore "$@" >&2 ||
        fail "the packages could not be installed (see above); check the network and the disk, then start again"
}

# Compiles what the first map needs while the largest package is fetched: the first window loads it in a second.
compile_kernels() {
    local part
    for part in map figures; do
        nice -n 10 "$python" "$root/packaging/kernels.py" "$part" </dev/null >/dev/null 2>&1 9>&- &
    done
}

# prepare run|dev: what has been done is remembered by a checksum of everything that it depends on.
prepare() {
    local group="$1" stamp="$venv/stamp-$1" wanted base
    wanted="$(cat "$root/pyproject.toml" "$root/packaging/constraints.txt" "$root/packaging/linux/apt.txt" | cksum) $root"
    [ -x "$python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return 0
    if command -v flock >/dev/null; then
        exec 9>"$root/.venv.lock"
        flock 9
        [ -x "$python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && exec 9>&- && return 0
    fi
    system_libraries
    if ! "$python" -c '' >/dev/null 2>&1; then
        base="$(find_python)" ||
            fail "Python 3.11 or newer with venv was not found; install it, for example: apt-get install python3.11-venv"
        say "Making .venv with $("$base" --version)"
        "$base" -m venv --clear "$venv" >&2 || fail "the environment $venv could not be made (see above)"
    fi
    say "Installing the packages into .venv (the first time takes some minutes)"
    requirements run >"$venv/requirements-run.txt" && requirements dev >"$venv/requirements-dev.txt" ||
        fail "pyproject.toml could not be read"
    grep -v '^torch\b' "$venv/requirements-run.txt" >"$venv/requirements-first.txt"
    pip_install -c "$root/packaging/constraints.txt" -r "$venv/requirements-first.txt"
    "$python" -c 'import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "embedding_explorer_checkout.pth").write_text(sys.argv[1] + "\n")' "$root" ||
        fail "the environment $venv could not be written"
    compile_kernels
    # torch by itself and exact, so that a small CPU build is taken where one is offered
    pip_install "$(grep '^torch==' "$root/packaging/constraints.txt")"
    if [ "$group" = dev ]; then
        pip_install -c "$root/packaging/constraints.txt" -r "$venv/requirements-run.txt" -r "$venv/requirements-dev.txt"
    fi
    # so that no process compiles hundreds of modules at its start where Python is told to write none of that
    "$python" -m compileall -q -j 0 "$root/explorer" >/dev/null 2>&1
    wait # for the kernels: the window would compile them once more
    printf '%s' "$wanted" >"$stamp"
    if [ "$group" = dev ]; then cp "$stamp" "$venv/stamp-run"; fi
    if command -v flock >/dev/null; then exec 9>&-; fi
}
