#!/bin/sh
# Fetches a real corpus, checks it and turns it into plain text.
#
#   corpora/recipes.sh NAME DESTINATION
#   corpora/recipes.sh --list
#
# NAME is a row of recipes.tsv (name, url, sha256, bytes, licence, note). The archive is kept in
# corpora/downloads/; DESTINATION, which must not exist yet, receives .txt files: a paragraph, a
# page or a line of the source is one line. `-` in the table means that no hash is recorded: the
# script then shows the hash it found and goes on only with ACCEPT_UNVERIFIED=1.
#
# RECIPES overrides the table, DOWNLOADS the folder of archives (the tests use both).
# Exit status: 0 done, 1 failed, 2 wrong usage, 3 the archive is not the expected one.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
recipes=${RECIPES:-$here/recipes.tsv}
downloads=${DOWNLOADS:-$here/downloads}

fail() { # status, message, hint
    printf 'error: %s\n' "$2" >&2
    [ $# -lt 3 ] || printf 'hint: %s\n' "$3" >&2
    exit "$1"
}

need() { # program
    command -v "$1" >/dev/null 2>&1 || fail 1 "\`$1\` is not installed" "install \`$1\` and run the command again"
}

list() {
    awk -F '\t' '!/^#/ && NF >= 6 { printf "%-20s %s (%s)\n", $1, $6, $5 }' "$recipes"
}

fetch() { # url, file
    part=$2.part
    if command -v curl >/dev/null 2>&1; then
        curl --fail --location --silent --show-error --retry 2 --connect-timeout 20 --output "$part" "$1" && status=0 || status=$?
    elif command -v wget >/dev/null 2>&1; then
        wget --quiet --tries=2 --timeout=20 --output-document="$part" "$1" && status=0 || status=$?
    else
        fail 1 "neither \`curl\` nor \`wget\` is installed" "install one of them, or save $1 as $2"
    fi
    [ "$status" -eq 0 ] || fail 1 "cannot download $1: no network, or the file has moved" \
        "check the connection, or save the file by hand as $2"
    mv -- "$part" "$2"
}

digest() { # file
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum <"$1" | cut -d ' ' -f 1
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 <"$1" | cut -d ' ' -f 1
    else
        fail 1 "neither \`sha256sum\` nor \`shasum\` is installed" "install GNU coreutils or Perl"
    fi
}

check() { # file, expected hash, expected bytes
    found_hash=$(digest "$1") || exit 1
    found_bytes=$(wc -c <"$1" | tr -d ' ')
    if [ "$3" != - ] && [ "$3" != "$found_bytes" ]; then
        fail 3 "\`$1\` has $found_bytes bytes, expected $3" "it was left in place: remove it to download it again"
    fi
    if [ "$2" = - ]; then
        printf 'no hash is recorded for this file yet; found sha256 %s, %s bytes\n' "$found_hash" "$found_bytes" >&2
        [ "${ACCEPT_UNVERIFIED:-}" = 1 ] || fail 3 "\`$1\` cannot be verified" \
            "set ACCEPT_UNVERIFIED=1 to use it all the same"
    elif [ "$2" != "$found_hash" ]; then
        fail 3 "\`$1\` has sha256 $found_hash, expected $2" "it was left in place: remove it to download it again"
    fi
}

# Wiki dump: the text of each page of the article namespace becomes a line, its markup thinned out.
wiki_lines() {
    awk '
        /<page>/ { page = 1; text = ""; article = 0; inside = 0 }
        page && /<ns>0<\/ns>/ { article = 1 }
        page && /<text[^>]*>/ { inside = 1; sub(/.*<text[^>]*>/, "") }
        inside {
            closing = index($0, "</text>")
            line = closing ? substr($0, 1, closing - 1) : $0
            if (line !~ /^[ \t]*[{|!}*#:;=]/) text = text " " line
            if (closing) inside = 0
        }
        /<\/page>/ { if (article && tolower(text) !~ /^ *#redirect/) print text; page = 0 }
    ' | sed -e 's/{{[^{}]*}}//g' -e 's/{{[^{}]*}}//g' \
        -e 's/&lt;ref[^/]*\/&gt;//g' -e 's/&lt;[^&]*&gt;/ /g' \
        -e 's/\[\[[A-Za-z]*:[^]]*\]\]//g' -e 's/\[\[[^]|]*|\([^]]*\)\]\]/\1/g' -e 's/\[\[\([^]]*\)\]\]/\1/g' \
        -e 's/\[http[^ ]* \([^]]*\)\]/\1/g' -e "s/'''*//g" \
        -e 's/&quot;/"/g' -e 's/&amp;nbsp;/ /g' -e 's/&amp;/\&/g' -e 's/[ 	][ 	]*/ /g' -e 's/^ //' |
        awk 'length($0) >= 40'
}

# TEI: each paragraph of the body becomes a line.
tei_lines() {
    awk '
        /<body/ && !body { body = 1; sub(/.*<body[^>]*>/, "") }
        body { text = text " " $0 }
        END { print text }
    ' "$1" | sed -e 's/<\/p>/\
/g' | sed -e 's/<[^>]*>//g' -e 's/&amp;/\&/g' -e 's/&quot;/"/g' -e 's/&apos;/'"'"'/g' -e 's/[ 	][ 	]*/ /g' -e 's/^ //' |
        awk 'length($0) > 1'
}

# Project Gutenberg: what stands between the START and END marks, a paragraph a line.
gutenberg_lines() {
    tr -d '\r' <"$1" | awk '
        /^\*\*\* *END OF/ { exit }
        inside && NF == 0 { if (text != "") print text; text = "" }
        inside && NF > 0 { text = text (text == "" ? "" : " ") $0 }
        /^\*\*\* *START OF/ { inside = 1; text = "" }
        END { if (text != "") print text }
    '
}

prepare() { # name, archive, folder
    case $1 in
    text8 | enwik9)
        need unzip
        unzip -q -o "$2" -d "$3"
        if [ "$1" = enwik9 ]; then
            wiki_lines <"$3/enwik9" >"$3/enwik9.txt"
            rm -- "$3/enwik9"
        else
            # One endless line: cut after each 1,000 words.
            tr ' ' '\n' <"$3/text8" | awk 'NF { printf "%s%s", $0, (++n % 1000) ? " " : "\n" } END { print "" }' >"$3/text8.txt"
            rm -- "$3/text8"
        fi
        ;;
    wikipedia-simple)
        need bzip2
        bzip2 -dc "$2" | wiki_lines >"$3/$1.txt"
        ;;
    eltec-*)
        need tar
        mkdir "$3/source"
        tar -xzf "$2" -C "$3/source"
        find "$3/source" -type f -path '*/level1/*.xml' | LC_ALL=C sort >"$3/source/novels"
        [ -s "$3/source/novels" ] || fail 3 "\`$2\` holds no \`level1/*.xml\`" "the layout of the archive has changed"
        while IFS= read -r novel; do
            tei_lines "$novel" >"$3/$(basename -- "$novel" .xml).txt"
        done <"$3/source/novels"
        rm -r -- "$3/source"
        ;;
    europarl-es-en)
        need tar
        tar -xzf "$2" -C "$3"
        for language in es en; do
            mv -- "$3/europarl-v7.es-en.$language" "$3/europarl.$language.txt"
        done
        ;;
    gutenberg-*)
        gutenberg_lines "$2" >"$3/$1.txt"
        ;;
    *)
        fail 1 "no rule prepares \`$1\`" "add one to \`prepare\` in recipes.sh"
        ;;
    esac
    for text in "$3"/*.txt; do
        [ -s "$text" ] || fail 3 "nothing came out of \`$2\`" "the layout of the archive has changed"
    done
}

case ${1:-} in
--list)
    list
    exit 0
    ;;
'' | -*)
    printf 'usage: %s NAME DESTINATION\n       %s --list\n' "$0" "$0" >&2
    exit 2
    ;;
esac
[ $# -eq 2 ] || {
    printf 'usage: %s NAME DESTINATION\n' "$0" >&2
    exit 2
}
name=$1
destination=${2%/}

row=$(awk -F '\t' -v name="$name" '$1 == name { print; exit }' "$recipes")
[ -n "$row" ] || fail 2 "no recipe is called \`$name\`" "see \`$0 --list\`"
field() { printf '%s\n' "$row" | cut -f "$1"; }
url=$(field 2)
[ ! -e "$destination" ] || fail 1 "\`$destination\` exists already" "remove it, or name another folder"

mkdir -p -- "$downloads"
archive=$downloads/$name.${url##*/}
if [ -f "$archive" ]; then
    printf 'using %s\n' "$archive" >&2
else
    printf 'fetching %s (%s)\n' "$url" "$(field 5)" >&2
    fetch "$url" "$archive"
fi
check "$archive" "$(field 3)" "$(field 4)"

# Prepared beside its final name, then renamed: a folder with that name is always whole.
mkdir -p -- "$(dirname -- "$destination")"
building=$destination.part
rm -rf -- "$building"
mkdir -- "$building"
prepare "$name" "$archive" "$building"
mv -- "$building" "$destination"
printf '%s: %s files, %s bytes\n' "$destination" "$(find "$destination" -type f | wc -l | tr -d ' ')" \
    "$(cat "$destination"/*.txt | wc -c | tr -d ' ')" >&2
