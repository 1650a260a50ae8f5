#!/bin/sh
# The archives of the languages' packages, each with the native library where that language looks for it:
# a wheel, a jar, an npm archive, a NuGet package.
#
#   packaging/archives.sh LIBDIR OUT [LANGUAGE...]   LANGUAGE: python kotlin javascript csharp
#
# LIBDIR has the library that goes into them; one with SQLite compiled in serves on every Linux. What
# cannot be made here is named, with the reason. A version is that of Cargo.toml. An archive with the
# library has its licences and its bill of materials, too (packaging/notices.sh). WHEEL_PLATFORM is the
# platform that the wheel is tagged with, if it is not this machine's alone.
set -eu
cd "$(dirname "$0")/.."
lib=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
shift 2
[ $# != 0 ] || set -- python kotlin javascript csharp
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

without() { echo "skipped $1: $2"; }
made() { echo "made $1: $(du -h "$out/$1" | cut -f 1)"; }

# What only debuggers read is left out; llvm-strip can do it for other processors.
"${STRIP:-strip}" --strip-unneeded -o "$work/libkpclient.so.0" "$lib/libkpclient.so.0" 2> "$work/strip.log" ||
    llvm-strip --strip-unneeded -o "$work/libkpclient.so.0" "$lib/libkpclient.so.0" 2>> "$work/strip.log" ||
    { cat "$work/strip.log" && cp "$lib/libkpclient.so.0" "$work/"; }
packaging/notices.sh "$work/notices" > /dev/null

python() {
    command -v python3 > /dev/null && python3 -c 'import ensurepip, venv' 2> /dev/null || { without wheel 'no Python with venv'; return; }
    cp -r bindings/python "$work/python"
    rm -rf "$work/python/build" "$work"/python/src/*.egg-info
    cp "$work/libkpclient.so.0" "$work/python/src/kpclient/"
    # These go into its .dist-info by their names.
    cp "$work"/notices/LICENSE-* "$work/python/"
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work/wheels" "$work/python" \
        > "$work/pip.log" 2>&1 || { without wheel "$(tail -n 1 "$work/pip.log")"; return; }
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check wheel > "$work/pip.log" 2>&1 ||
        { without wheel "$(tail -n 1 "$work/pip.log")"; return; }
    # The bill of materials is where Python's packages have it (PEP 770).
    "$work/venv/bin/wheel" unpack --dest "$work/unpacked" "$work"/wheels/*.whl > /dev/null
    mkdir "$work/unpacked/kpclient-$version/kpclient-$version.dist-info/sboms"
    cp "$work/notices/libkpclient.cdx.json" "$work/unpacked/kpclient-$version/kpclient-$version.dist-info/sboms/"
    rm "$work"/wheels/*.whl
    "$work/venv/bin/wheel" pack --dest-dir "$work/wheels" "$work/unpacked/kpclient-$version" > /dev/null
    # It has a library of one kind of machine, but is of no one Python: the tag says both.
    "$work/venv/bin/wheel" tags --remove --python-tag py3 --abi-tag none \
        --platform-tag "${WHEEL_PLATFORM:-linux_$(uname -m)}" "$work"/wheels/*.whl > /dev/null
    mv "$work"/wheels/*.whl "$out/"
    made "$(ls -t "$out" | grep '\.whl$' | head -n 1)"
}

kotlin() {
    command -v mvn > /dev/null && command -v javac > /dev/null || { without jar 'no JDK or no Maven'; return; }
    mkdir "$work/natives"
    cp "$work/libkpclient.so.0" "$work/natives/libkpclient.so"
    # What Maven says begins with its warnings; the reason is the first error.
    mvn --batch-mode --quiet --file bindings/kotlin -Dkpclient.libraries="$work/natives" -Dkpclient.build="$work/jar" \
        package > "$work/mvn.log" 2>&1 || { without jar "$(grep -m 1 ERROR "$work/mvn.log")"; return; }
    mkdir -p "$work/meta/META-INF/sboms"
    cp "$work"/notices/LICENSE-* "$work/meta/META-INF/"
    cp "$work/notices/libkpclient.cdx.json" "$work/meta/META-INF/sboms/"
    cp "$work/jar/kpclient-$version.jar" "$out/"
    jar --update --file "$out/kpclient-$version.jar" -C "$work/meta" META-INF
    made "kpclient-$version.jar"
}

javascript() {
    command -v npm > /dev/null || { without npm 'no npm'; return; }
    # It has no library: it is compiled against the one that is installed.
    cp -r bindings/javascript "$work/javascript"
    cp LICENSE-MIT LICENSE-APACHE "$work/javascript/"
    sed -i 's/"files": \[/&"LICENSE-MIT", "LICENSE-APACHE", /' "$work/javascript/package.json"
    (cd "$work/javascript" && npm pack --silent --pack-destination "$out") > "$work/npm.log" 2>&1 ||
        { without npm "$(tail -n 1 "$work/npm.log")"; return; }
    made "kpclient-$version.tgz"
}

# A NuGet package is a zip with a description, so Mono's compiler serves where there is no dotnet. What it
# is called and by whom it is stands in the project file, of which dotnet pack makes the same.
csharp() {
    command -v mcs > /dev/null && command -v python3 > /dev/null || { without nupkg 'no mcs of Mono, or no Python'; return; }
    root=$work/nuget
    case $(uname -m) in x86_64) kind=x64 ;; aarch64) kind=arm64 ;; *) kind=$(uname -m) ;; esac
    mkdir -p "$root/lib" "$root/runtimes/linux-$kind/native" "$root/_rels" "$root/licenses" "$root/sboms"
    cp "$work"/notices/LICENSE-* "$root/licenses/"
    cp "$work/notices/libkpclient.cdx.json" "$root/sboms/"
    mkdir "$work/reference"
    options=$(packaging/nuget/reference.sh "$work/reference")
    # shellcheck disable=SC2086 # options are words
    bindings/csharp/build.sh "$root/lib/$(said TargetFramework)" $options > "$work/mcs.log" 2>&1 ||
        { without nupkg "$(tail -n 1 "$work/mcs.log")"; return; }
    [ "$(said Version)" = "$version" ] || { echo "bindings/csharp/Kpclient.csproj is not of version $version"; exit 1; }
    cp "$work/libkpclient.so.0" "$root/runtimes/linux-$kind/native/"
    cp "bindings/csharp/$(said PackageReadmeFile)" "$root/"
    nuspec > "$root/Kpclient.nuspec"
    if grep '></' "$root/Kpclient.nuspec"; then echo 'bindings/csharp/Kpclient.csproj does not say it'; exit 1; fi
    cp packaging/nuget/content_types.xml "$root/[Content_Types].xml"
    cp packaging/nuget/rels.xml "$root/_rels/.rels"
    (cd "$root" && python3 -m zipfile -c "$out/Kpclient.$version.nupkg" '[Content_Types].xml' _rels Kpclient.nuspec README.md lib licenses runtimes sboms)
    made "Kpclient.$version.nupkg"
}

# What the project file of C# says.
said() {
    sed -n "s|^ *<$1>\(.*\)</$1>$|\1|p" bindings/csharp/Kpclient.csproj | grep .
}

nuspec() {
    cat << END
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>$(said PackageId)</id>
    <version>$(said Version)</version>
    <authors>$(said Authors)</authors>
    <license type="expression">$(said PackageLicenseExpression)</license>
    <readme>$(said PackageReadmeFile)</readme>
    <description>$(said Description)</description>
    <dependencies>
      <group targetFramework="$(said TargetFramework)" />
    </dependencies>
  </metadata>
</package>
END
}

for language in "$@"; do
    "$language"
done
