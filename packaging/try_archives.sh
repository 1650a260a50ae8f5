#!/bin/sh
# Installs the archives of the languages' packages as a user of each language would, and runs an example of
# each on the simulator.
#
#   packaging/try_archives.sh DIR BUILD   DIR has what packaging/archives.sh made, BUILD the simulator and libraries
#
# Each is used in a directory of its own, from the archive alone; only the examples come from the tree. The npm
# archive is compiled against an installed library, found by pkg-config. Registries are asked for what the
# archives need: cffi, JNA, coroutines.
set -eu
cd "$(dirname "$0")/.."
archives=$(realpath "$1")
build=$(realpath "$2")
simulator=$build/bin/kpclientd-sim
work=$(mktemp -d)
running=
trap '[ -z "$running" ] || kill "$running"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

mkfifo "$work/ready"
"$simulator" --instant --tcp 127.0.0.1:0 --config-out "$work/thinclient.toml" > "$work/ready" &
running=$!
read -r line < "$work/ready"
echo "$line" | grep -q '^ready'

# The libraries of this tree must not be found in place of those that were installed.
unset KPCLIENT_LIBRARY KPCLIENT_ADDON LD_LIBRARY_PATH PYTHONPATH
root=$PWD
cd "$work"

# An unpacked archive says of what its library is built: each crate of the bill of materials has its licence there.
licences() { # FOLDER WHAT
    notices=$(find "$1" -name LICENSE-THIRD-PARTY.txt)
    bill=$(find "$1" -name libkpclient.cdx.json)
    [ -s "$notices" ] && [ -s "$bill" ] || { echo "$2 has no licences or no bill of materials"; exit 1; }
    [ -n "$(find "$1" -name LICENSE-MIT)" ] && [ -n "$(find "$1" -name LICENSE-APACHE)" ] || { echo "$2 lacks our licence"; exit 1; }
    sed -n 's/^  {"type": "library".*"name": "\([^"]*\)", "version": "\([^"]*\)".*/\1-\2/p' "$bill" > crates
    [ "$(wc -l < crates)" -gt 50 ]
    while read -r crate; do
        grep -q "^$crate: " "$notices" || { echo "$2 has $crate, and not its licence"; exit 1; }
    done < crates
    echo "$2: licences of $(wc -l < crates) crates, and a bill of materials"
}

# The library of a manylinux2014 wheel needs nothing later than glibc 2.17, and is for the processor of its tag.
check_wheel() { # WHEEL KIND
    python3 -m zipfile -e "$1" "wheel-$2"
    licences "wheel-$2" "wheel for $2"
    library=wheel-$2/kpclient/libkpclient.so.0
    newest=$(readelf --version-info --wide "$library" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -uV | tail -n 1)
    LC_ALL=C readelf --file-header "$library" | sed -n 's/ *Machine: *//p' | tr 'A-Z-' 'a-z_' | grep -q "$2"
    case $1 in
    *manylinux2014_*)
        [ "$(printf '%s\n2.17\n' "$newest" | sort -V | tail -n 1)" = 2.17 ] || { echo "$1 needs glibc $newest"; exit 1; }
        ;;
    esac
    echo "wheel for $2: needs glibc $newest"
}

for kind in x86_64 aarch64; do
    wheel=$(find "$archives" -maxdepth 1 -name "*_$kind.whl")
    [ -z "$wheel" ] || check_wheel "$wheel" "$kind"
done
# Every symbol that the library needs is found where it would run.
root_of_arm=/usr/aarch64-linux-gnu
if [ ! -d wheel-aarch64 ] || [ "$(uname -m)" = aarch64 ]; then
    :
elif command -v qemu-aarch64 > /dev/null && [ -d $root_of_arm/lib ]; then
    qemu-aarch64 -E LD_TRACE_LOADED_OBJECTS=1 -E LD_WARN=yes -E LD_BIND_NOW=yes -L $root_of_arm \
        $root_of_arm/lib/ld-linux-aarch64.so.1 "$work/wheel-aarch64/kpclient/libkpclient.so.0" > said 2>&1
    if grep -i 'undefined\|not found' said || ! grep -q 'libc.so.6 =>' said; then echo 'the library for aarch64 cannot be loaded'; exit 1; fi
    echo 'wheel for aarch64: its library is loaded by qemu-aarch64, with every symbol'
else
    echo 'skipped loading the library for aarch64: there is no qemu-user, or no libc6-arm64-cross'
fi

wheel=$(find "$archives" -maxdepth 1 -name "*_$(uname -m).whl")
if [ -n "$wheel" ]; then
    python3 -m venv venv
    venv/bin/pip install --quiet --disable-pip-version-check "$wheel"
    venv/bin/python "$root/bindings/python/examples/story.py" "$simulator" > said
    grep -q 'event: RestartedEvent' said
    echo "wheel: installed, $(wc -l < said) lines of its story"
fi

jar=$(find "$archives" -name '*.jar')
if [ -n "$jar" ]; then
    python3 -m zipfile -e "$jar" unpacked-jar
    licences unpacked-jar jar
    mvn --batch-mode --quiet --file "$root/bindings/kotlin/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$work/jars" > mvn.log 2>&1 || { tail -n 3 mvn.log; exit 1; }
    java -cp "$jar:jars/*" "$root/bindings/kotlin/example/JavaStory.java" thinclient.toml > said
    grep -q 'hello mixnet' said
    echo "jar: on the class path, $(wc -l < said) lines of its story"
fi

archive=$(find "$archives" -name 'kpclient-*.tgz')
if [ -n "$archive" ] && command -v pkg-config > /dev/null; then
    tar -tzf "$archive" > said
    grep -q LICENSE-MIT said && grep -q LICENSE-APACHE said || { echo 'npm lacks our licence'; exit 1; }
    mkdir project
    make --silent -C "$root" install PREFIX="$work/usr" BUILD="$build" > make.log 2>&1 || { tail -n 5 make.log; exit 1; }
    export PKG_CONFIG_PATH="$work/usr/lib/pkgconfig"
    (cd project && npm init -y > /dev/null && npm install --silent --no-audit --no-fund --foreground-scripts "$archive" > ../npm.log 2>&1 ||
        { tail -n 5 ../npm.log; exit 1; })
    sed "s|require('\.\.')|require('kpclient')|" "$root/bindings/javascript/example/story.js" > project/story.js
    (cd project && LD_LIBRARY_PATH="$work/usr/lib" node story.js "$simulator") > said
    grep -q 'hello mixnet' said
    echo "npm: installed, $(wc -l < said) lines of its story"
elif [ -n "$archive" ]; then
    echo 'skipped npm: there is no pkg-config'
fi

# On .NET itself: Mono's compiler makes programs of the story and of C#'s tests, .NET runs them with the assembly
# and the native library of the archive.
package=$(find "$archives" -name '*.nupkg')
[ -z "$package" ] || python3 -m venv dotnet
if [ -n "$package" ] && ! dotnet/bin/pip install --quiet --disable-pip-version-check dotnetcore2==3.1.23 > pip.log 2>&1; then
    echo "skipped NuGet: $(tail -n 1 pip.log)"
elif [ -n "$package" ]; then
    python3 -m zipfile -e "$package" nuget
    licences nuget NuGet
    folder=$(echo nuget/lib/*)
    runtime=$(echo dotnet/lib/python*/site-packages/dotnetcore2/bin)
    chmod +x "$runtime/dotnet"
    version=$(basename "$runtime"/shared/Microsoft.NETCore.App/*)
    mkdir reference
    options=$("$root/packaging/nuget/reference.sh" reference)
    compile() { # PROGRAM ARGUMENTS...
        program=$folder/$1
        shift
        # shellcheck disable=SC2086 # options are words
        mcs -langversion:7 -warnaserror $options -r:"$folder/kpclient.dll" -out:"$program.exe" "$@"
        cat > "$program.runtimeconfig.json" << END
{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "$version"},
    "configProperties": {"System.Globalization.Invariant": true}}}
END
    }
    run() { # PROGRAM ARGUMENTS...
        program=$1
        shift
        LD_LIBRARY_PATH=$(echo nuget/runtimes/*/native) KPC_SIM=$simulator TMPDIR=$work \
            "$runtime/dotnet" "$folder/$program.exe" "$@"
    }
    source=$root/bindings/csharp
    compile story "$source/example/Story.cs"
    compile tests -main:Kpclient.Tests.Tests "$source"/tests/*.cs
    compile scenarios -main:Kpclient.Tests.Scenarios "$source"/tests/*.cs
    run story thinclient.toml > said
    grep -q 'hello mixnet' said
    run tests > tests.said || { cat tests.said; exit 1; }
    run scenarios "$source/../scenarios/scenarios.json" > scenarios.said || { cat scenarios.said; exit 1; }
    echo "NuGet: on .NET $version, $(wc -l < said) lines of its story; $(tail -qn 1 tests.said scenarios.said | paste -sd ';')"
fi
