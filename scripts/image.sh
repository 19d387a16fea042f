# What scripts/package and scripts/gpu-bundle share, which source this: a Java runtime and the libraries, with nothing in them
# that is not used. They set root (the checkout), stage (a folder that is removed in the end), and fail MESSAGE.
# shellcheck shell=bash disable=SC2154

# Sets jdk to the JDK that is to be linked: JAVA_HOME, else the one on the PATH.
find_jdk() {
    [[ $(uname -sm) == "Linux x86_64" ]] || fail "this is made on Linux x86_64, and here is $(uname -sm)"
    local java tool
    java=${JAVA_HOME:+$JAVA_HOME/bin/java}
    java=$(readlink -f "${java:-$(command -v java)}") || fail "no java found; install a JDK or set JAVA_HOME"
    jdk=$(cd -P "$(dirname "$java")/.." && pwd)
    for tool in jlink jdeps jar; do
        [[ -x $jdk/bin/$tool ]] || fail "$jdk has no $tool; install a whole JDK or set JAVA_HOME"
    done
    # JDKs from 24 on may be built to link without them.
    [[ -d $jdk/jmods || $("$jdk/bin/jlink" --help) == *"from run-time image enabled"* ]] ||
        fail "$jdk has no jmods folder, which jlink needs"
    command -v mvn >/dev/null || fail "no mvn found; install Maven"
}

# Builds the jar, and copies it and the libraries that its manifest names (target/lib may hold older ones, too).
#   build_into FOLDER [options of mvn]
build_into() {
    local folder=$1 name
    shift
    echo "building..." >&2
    # What Maven prints is no result of the script's.
    (cd "$root" && JAVA_HOME=$jdk mvn -q -B package -Djacoco.skip=true "$@") >&2
    mkdir -p "$folder/lib"
    cp "$root/target/jcuvae.jar" "$folder/"
    for name in $(class_path "$root/target/jcuvae.jar"); do
        cp "$root/target/$name" "$folder/lib/"
    done
}

# The libraries that a jar's manifest names, a line each. A manifest's lines end after 72 bytes and go on after a space.
class_path() {
    mkdir "$stage/jar"
    (cd "$stage/jar" && "$jdk/bin/jar" --extract --file "$1" META-INF/MANIFEST.MF)
    tr -d '\r' <"$stage/jar/META-INF/MANIFEST.MF" | sed -e ':a' -e 'N' -e '$!ba' -e 's/\n //g' |
        sed -n 's/^Class-Path: //p' | tr ' ' '\n'
    rm -rf "$stage/jar"
}

# Keeps of a jar what is named, and what lies in META-INF.
keep() {
    local jar=$1 name
    shift
    mkdir "$stage/jar"
    (cd "$stage/jar" && "$jdk/bin/jar" --extract --file "$jar")
    local unwanted=(find "$stage/jar" -type f ! -path '*/META-INF/*')
    for name in "$@"; do
        unwanted+=(! -name "$name")
    done
    "${unwanted[@]}" -delete
    find "$stage/jar" -type d -empty -delete
    "$jdk/bin/jar" --create --no-manifest --file "$jar" -C "$stage/jar" .
    rm -rf "$stage/jar"
}

# Of JCuda's natives those that are called, of OpenBLAS the part without LAPACK, of f2j what netlib's native half looks up.
#   trim FOLDER
trim() {
    local jar
    for jar in "$1"/j*-natives-*.jar; do
        keep "$jar" 'libJCudaDriver-*' 'libJCublas2-*' 'libJCurand-*'
    done
    for jar in "$1"/openblas-*-linux-x86_64.jar; do
        keep "$jar" 'libopenblas.so*' 'libopenblas_nolapack*' 'libjniopenblas_nolapack*' 'libgfortran*' 'libquadmath*' \
            'libgcc_s*' '*.properties' '*.class'
    done
    for jar in "$1"/arpack_combined_all-*.jar; do
        keep "$jar" booleanW.class intW.class floatW.class doubleW.class StringW.class
    done
}

# Links a Java runtime with the modules that jars and folders of classes name. Its classes stay uncompressed: archives get
# smaller so. Left out are a vector module that is not used without flags, and a compiler that annotations name. A jar that
# jdeps cannot read (a module with needs of its own) is taken to need nothing beyond the others. TLS needs one that nothing names.
#   link_runtime FOLDER JAR ...
link_runtime() {
    local folder=$1 modules path=() uncompressed=--compress=0
    shift
    echo "linking a Java runtime..." >&2
    modules=$(for jar in "$@"; do
        "$jdk/bin/jdeps" --ignore-missing-deps --multi-release base --print-module-deps "$jar" 2>/dev/null |
            grep -E '^[a-z.,]+$' | tr ',' '\n' || true
    done | grep -vE '^(jdk.incubator|java.compiler)' | sort -u | paste -sd, -)
    [[ ! -d $jdk/jmods ]] || path=(--module-path "$jdk/jmods")
    if [[ $("$jdk/bin/jlink" --help) == *"zip-[0-9]"* ]]; then
        uncompressed=--compress=zip-0
    fi
    "$jdk/bin/jlink" "${path[@]}" --add-modules "$modules,jdk.management,jdk.crypto.ec" --output "$folder" \
        "$uncompressed" --strip-java-debug-attributes --no-header-files --no-man-pages >&2
}
