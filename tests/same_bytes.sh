#!/usr/bin/env bash
# The same bytes, whatever the machine does: `make same-bytes`.
#
#     tests/same_bytes.sh PROGRAM [WAY...]
#     QUICK=1 tests/same_bytes.sh PROGRAM [WAY...]      of fewer texts; the map without a dictionary of 300 words
#
# Makes models, maps, codes, clusters, a layout, networks and SVDs of the head of the sample in several
# ways, and compares every file but model.json, which holds times. (`tests/all/resume.rs` compares the
# bytes after a kill.) A way is
#     avx2, plain       fewer vector instructions
#     threads-N         N threads
#     memory            the smallest budget: what does not fit goes to the disk
#     qemu-CPU          as another processor, by Debian's qemu-user (some minutes)
#     program=PATH      another build of the program
set -euo pipefail
program=$(realpath "$1")
ways=("${@:2}")
[ ${#ways[@]} -gt 0 ] || ways=(avx2 plain threads-1 threads-3 threads-8 memory
    qemu-max qemu-Skylake-Server qemu-Haswell qemu-EPYC qemu-Nehalem)
corpora=$(realpath "$(dirname "$0")/../corpora")
n_lines=800
few=()
[ -z "${QUICK:-}" ] || { n_lines=300; few=(--max-words 300 --self-learning-words 300); }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A graded matrix with values that f32 would round: the SVD continues in double precision.
matrix() {
    awk 'BEGIN { n = 300; print "%%MatrixMarket matrix coordinate real general"; print n, n, 3 * n
        for (i = 1; i <= n; i++) for (j = 0; j < 3; j++)
            printf "%d %d %.17g\n", i, (7 * i + 31 * j) % n + 1, ((i * 37 + j * 11) % 101 - 50) * exp(-i / 9) / 3 }'
}

# make_all NAME: runs the program as `run` says, and writes the digests of its files.
make_all() {
    local folder=$work/files
    rm -rf "$folder" && mkdir "$folder" && cd "$folder"
    head -n "$n_lines" "$corpora/english.txt" > en.txt
    head -n "$n_lines" "$corpora/spanish.txt" > es.txt
    cp "$corpora/english-spanish.dictionary.txt" pairs.txt
    matrix > matrix.mtx
    run embed en.txt --dim 16 "${limits[@]}" --quiet -o en
    run embed es.txt --dim 16 "${limits[@]}" --quiet -o es
    run embed en.txt --contexts documents --dim 12 "${limits[@]}" --quiet -o documents
    run embed en.txt --contexts documents --encoder autoencoder --epochs 1 --dim 6 --quiet -o network
    run embed en.txt --contexts documents --encoder vae --epochs 1 --dim 6 --quiet -o vae
    run align en es --dictionary pairs.txt --quiet -o given.map > /dev/null
    # Of all words it takes minutes under qemu.
    run align en es --unsupervised "${few[@]}" --quiet -o found.map > /dev/null
    run encode documents en.txt --quiet -o codes.npy
    run cluster documents --in en.txt --clusters 4 --quiet -o clusters.tsv > /dev/null
    run plot documents --in en.txt --quiet -o plot.svg
    run explore documents --in en.txt --quiet -o page.html
    run svd matrix.mtx --rank 8 --left-vectors "${limits[@]}" --quiet -o single.safetensors > /dev/null
    run svd matrix.mtx --rank 20 --tolerance 1e-9 --quiet -o double.safetensors > /dev/null
    find . -type f ! -name model.json ! -path '*/.*' | sort | xargs sha256sum > "$work/$1"
}

run() { "${command[@]}" "$program" "$@" "${threads[@]}" 2> "$work/said" || { cat "$work/said"; exit 1; }; }

command=(env) threads=() limits=()
make_all reference
failed=0
for way in "${ways[@]}"; do
    command=(env) threads=() limits=()
    case $way in
        avx2 | plain) command=(env "EIGENLEX_INSTRUCTIONS=$way") ;;
        threads-*) threads=(--threads "${way#threads-}") ;;
        memory) limits=(--memory 208MiB) ;;
        program=*) ;;
        qemu-*)
            if ! command -v qemu-x86_64 > /dev/null; then
                echo "$way: skipped, qemu-x86_64 is not installed (Debian: apt-get install qemu-user)"
                continue
            fi
            command=(qemu-x86_64 -cpu "${way#qemu-}")
            ;;
        *) echo "$way: not a way" && exit 2 ;;
    esac
    ( [[ $way != program=* ]] || program=$(realpath "${way#program=}"); make_all made )
    if diff "$work/reference" "$work/made"; then
        echo "$way: the same $(wc -l < "$work/reference") files"
    else
        echo "$way: OTHER BYTES"
        failed=1
    fi
done
exit $failed
