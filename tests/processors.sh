#!/usr/bin/env bash
# The same bytes as on other processors, under qemu's user emulation: `make processors`.
#
#     tests/processors.sh PROGRAM
#
# Makes models, a map, codes, clusters and an SVD of the head of the sample as each processor, and
# compares every file but model.json, which holds times. Needs Debian's qemu-user. Takes some minutes.
set -euo pipefail
program=$(realpath "$1")
corpora=$(realpath "$(dirname "$0")/../corpora")
processors=(max Skylake-Server Haswell EPYC Nehalem)

if ! command -v qemu-x86_64 > /dev/null; then
    echo "skipped: qemu-x86_64 is not installed (Debian: apt-get install qemu-user)"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# make_all FOLDER COMMAND...: runs the program by a command, and writes the digests of its files.
make_all() {
    local folder=$work/files
    local run=("${@:2}" "$program")
    rm -rf "$folder" && mkdir "$folder" && cd "$folder"
    head -n 800 "$corpora/english.txt" > en.txt
    head -n 800 "$corpora/spanish.txt" > es.txt
    cp "$corpora/english-spanish.dictionary.txt" pairs.txt
    "${run[@]}" embed en.txt --dim 16 --quiet -o en
    "${run[@]}" embed es.txt --dim 16 --quiet --threads 3 -o es
    "${run[@]}" embed en.txt --contexts documents --dim 12 --quiet --threads 1 -o documents
    "${run[@]}" embed en.txt --contexts documents --encoder vae --epochs 1 --dim 6 --quiet -o vae
    "${run[@]}" align en es --dictionary pairs.txt --quiet -o map > /dev/null
    "${run[@]}" encode documents en.txt --quiet -o codes.npy
    "${run[@]}" cluster documents --in en.txt --clusters 4 --quiet -o clusters.tsv
    find . -type f ! -name model.json | sort | xargs sha256sum > "$work/$1"
}

make_all native
for processor in "${processors[@]}"; do
    # A feature that the emulation lacks is a warning, and no one reads thousands of them.
    make_all "$processor" qemu-x86_64 -cpu "$processor" 2> "$work/warnings"
    if ! diff "$work/native" "$work/$processor"; then
        echo "other bytes as $processor"
        exit 1
    fi
    echo "the same $(wc -l < "$work/native") files as $processor"
done
