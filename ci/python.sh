#!/usr/bin/env bash
# The wheel for Python (bindings/python-package): built, installed into an empty environment, and used from there: its tests,
# types and examples, the one for pytest-embedded with a simulated device in place of a board. The program in it is not optimised
# here; ci/long/python.sh builds it as its users do.
. "$(dirname "$0")/lib.sh"
need python3
out=$PWD/target/python
package=$PWD/bindings/python-package
began=$SECONDS
python_environment "$out/tools" ci/python/tools.txt

echo "--- the wheel"
rm -rf "$out/dist" "$out/environment"
mkdir -p "$out/dist"
if [ "${1:-}" = release ]; then
    # As a user's pip does it, which fetches maturin by itself.
    "$out/tools/bin/pip" --quiet --disable-pip-version-check wheel --no-deps --wheel-dir "$out/dist" "$package"
else
    (cd "$package" && "$out/tools/bin/maturin" build --quiet --locked --profile dev --compatibility linux --out "$out/dist")
fi
wheel=("$out"/dist/*.whl)
[ ${#wheel[@]} = 1 ] || fail "there are several wheels, or none: ${wheel[*]}"
case ${wheel[0]} in *-py3-none-*.whl) ;; *) fail "the wheel is for one Python alone: ${wheel[0]}" ;; esac
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
case ${wheel[0]} in *"/vestibule-$version-"*) ;; *) fail "the wheel has another version than the program: ${wheel[0]}" ;; esac

echo "--- an empty environment"
python_environment "$out/environment" ci/python/tests.txt
"$out/environment/bin/pip" --quiet --disable-pip-version-check install --no-index --no-deps "${wheel[0]}"
python=$out/environment/bin/python
# Nothing of the repository, and no other program.
unset VESTIBULE PYTHONPATH
(cd / && "$out/environment/bin/vestibule" --version) | grep -qF "vestibule $version" || fail "the wheel brings another program"
types=$("$out/tools/bin/mypy" --strict --python-executable "$python" "$package/src" "$package/tests") || fail "$types"
"$python" -m pytest -q -p no:cacheprovider "$package/tests" || fail "the package's tests fail"

echo "--- the examples"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp -r "$package/examples" "$place"
(cd "$place/examples/five-lines" && "$python" -m pytest -q -W ignore) || fail "a portal that opens on every phone is said not to"
# A portal that hands every check what it expects of the internet opens no sheet, and that is a failure.
sed -i 's/self.send_response(302)/self.send_response(204)/' "$place/examples/five-lines/portal.py"
if (cd "$place/examples/five-lines" && "$python" -m pytest -q -W ignore --vestibule-phones android-14) >"$place/said"; then
    fail "a portal that opens on no phone passes"
fi
grep -q "Android 14 shows no page" "$place/said" || fail "it fails for another reason: $(cat "$place/said")"
(
    cd "$place/examples/pytest-embedded"
    PYTHONPATH=$OLDPWD/ci/python "$python" -m pytest -q -W ignore -p simulated_board -o vestibule_link= \
        -o vestibule_portal=127.0.0.1:18094 -o vestibule_dns=127.0.0.1:15394
) || fail "pytest-embedded's board opens no portal"
echo "python: $((SECONDS - began)) s"
