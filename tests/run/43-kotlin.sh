#!/bin/sh
# Kotlin and Java: the package in bindings/kotlin with its own tests, the story in both languages, and
# the scenarios.
# It may be skipped: without a JDK, Maven or the store, or while Maven's packages are not here. Only BINDINGS=1,
# which .ci/run sets, fetches them, into $BUILD/maven.
set -eu
for tool in java javac mvn; do
    command -v "$tool" > /dev/null || { echo "there is no $tool"; exit 77; }
done
case $KPC_FEATURES in
*no-default-features*) echo 'the library has no store'; exit 77 ;;
esac
maven=$BUILD/maven
offline=--offline
if [ -n "${BINDINGS:-}" ]; then
    offline=
elif ! cmp -s bindings/kotlin/pom.xml "$maven/fetched.xml"; then
    echo "Maven's packages are not here: BINDINGS=1 make check fetches them"
    exit 77
fi

log=$BUILD/kotlin.log
# shellcheck disable=SC2086 # none, or one word
if ! mvn --quiet --batch-mode $offline --file bindings/kotlin -Dstyle.color=never -Dmaven.repo.local="$maven" \
    -Dkpclient.build="$BUILD/kotlin" -Dkpclient.libraries="$KPC_LIB_DIR" -Dkpclient.strict package > "$log" 2>&1; then
    grep -E '^\[(ERROR|WARNING)\]' "$log" | head -n 20
    if grep -qE 'Could not (find artifact|resolve|transfer)|cannot access .* in offline mode' "$log"; then
        echo "Maven's packages cannot be had"
        exit 77
    fi
    exit 1
fi
cp bindings/kotlin/pom.xml "$maven/fetched.xml"

cd bindings/kotlin
classes="$BUILD/kotlin/test-classes:$BUILD/kotlin/kpclient-0.1.0.jar:$BUILD/kotlin/lib/*"
failed=0
java -cp "$classes" kpclient.tests.TestsKt || failed=1
java -cp "$classes" kpclient.tests.ScenariosKt ../scenarios/scenarios.json || failed=1
exit "$failed"
