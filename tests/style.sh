#!/bin/bash
#
# Guard rails: what a compiler does not say.  Each check is a function that
# prints a line for each finding; nothing printed is a pass.  A check that
# cannot be made prints "SKIP reason".
#
#     tests/style.sh [-v] [--counts FILE] [--self-check]
#
# --self-check plants a fault for every check that reads files, in a copy, and
# expects it to be found.

# awk and perl have a $ of their own.
# shellcheck disable=SC2016

set -u

VERBOSE='' COUNTS='' SELF=''
while [ $# -gt 0 ]; do
    case $1 in
        -v) VERBOSE=yes ;;
        --counts) COUNTS=$2; shift ;;
        --self-check) SELF=yes ;;
        *) sed -n '3,11s/^#//p' "$0" >&2; exit 2 ;;
    esac
    shift
done

ROOT=$(cd "$(dirname "$0")/.." && pwd) || exit 2
cd "$ROOT" || exit 2

WORK=$(mktemp -d) || exit 2
trap 'rm -rf "$WORK"' EXIT

MAX_WIDTH=80
MAX_FUNCTION=120
MAX_SUBJECT=72
LAST_COMMITS=50


# Every file of ours: what git knows, or everything but the build.

files() {
    if git rev-parse -q --verify HEAD > /dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . -type f -not -path './build/*' -printf '%P\n'
    fi | while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

built() { [ -e "build/$1" ] || { echo "SKIP build/$1 is not built"; false; }; }

sources() { files | grep -E '\.[ch]$'; }


# core/ and trainer/ are built and tested without nginx.

check_layers() {
    grep -nE '\bngx_|<nginx|nginx\.h' core/*.[ch] trainer/*.[ch]
}

check_width() {
    sources | xargs perl -CSD -ne '
        chomp;
        print "$ARGV:$.: ", length, " columns\n" if length > '"$MAX_WIDTH"';
        close ARGV if eof'
}

check_tabs() {
    sources | xargs grep -nP '\t'
}

check_trailing_blanks() {
    files | grep -E '\.([ch]|sh|py|md|conf|html|css|js|ya?ml)$|^config(\.make)?$' \
        | xargs grep -nP '[ \t\r]+$'
}

# Comments are taken out of the way first, then strings.

check_line_comments() {
    sources | while read -r file; do
        perl -0pe '
            s{/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])*\x27}
             {(my $t = $&) =~ s/[^\n]//g; $t}gse' "$file" \
            | grep -n '//' | sed "s|^|$file:|"
    done
}

# What nginx's layout asks for and a pattern can tell: a blank after a
# keyword, braces around every body, a function's name in column 0
# below its type, two blank lines at most, and a last line that ends.

check_layout() {
    sources | while read -r file; do
        perl -0pe '
            s{/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])*\x27}
             {(my $t = $&) =~ s/[^\n]/_/g; $t}gse;
            s{^\#(?:[^\n]*\\\n)*[^\n]*}
             {(my $t = $&) =~ s/[^\n]/_/g; $t}gme' "$file" | awk -v file="$file" '
            function tell(what) { print file ":" FNR ": " what }
            /(^|[^a-z_A-Z0-9])(if|for|while|switch|return)\(/ \
                { tell("no blank after the keyword") }
            /^ *(if|for|while) \(.*\) [^{&|?]*;$/ && !/^ *for / \
                { tell("a body without braces") }
            /^ *(else|do) *$/ { tell("a body without braces") }
            /^(static )?(const )?(void|int|size_t|u?int[0-9]+_t|[a-z_]+_(t|e)) [ *]*(ngx_http_)?facetree_[a-z_0-9]*\([^;]*$/ \
                { opened = FNR; line = $0 }
            /^\{/ && opened && FNR - opened < 6 {
                print file ":" opened ": the name is not in column 0"
            }
            /;|^\}/ { opened = 0 }
            NF { blank = 0 }
            !NF && ++blank == 3 { tell("three blank lines") }'
        [ -z "$(tail -c 1 "$file")" ] || echo "$file: the last line has no end"
    done
}

# A function starts with "{" in column 0 and ends with "}" there.

check_function_length() {
    sources | grep '\.c$' | xargs awk -v max="$MAX_FUNCTION" '
        FNR == 1 { start = 0 }
        /^[a-z_0-9]+\(/ { name = $1; sub(/\(.*/, "", name) }
        /^\{/ { start = FNR }
        /^\}/ && start {
            if (FNR - start - 1 > max)
                print FILENAME ":" start ": " name "() has " \
                      FNR - start - 1 " lines"
            start = 0
        }'
}

# What nginx is to build is listed by hand in config.

check_config_lists_sources() {
    local file
    for file in core/*.[ch] ngx_*.[ch]; do
        grep -qE "\\\$ngx_addon_dir/$file([ \"]|\$)" config \
            || echo "config does not name $file"
    done
    grep -o '\$ngx_addon_dir/[A-Za-z0-9_/.]*' config | sort | uniq -d \
        | sed 's/^/config names twice: /'
    grep -o '\$ngx_addon_dir/[A-Za-z0-9_/.]*' config | sort -u \
        | sed 's/^\$ngx_addon_dir.//' | while read -r file; do
            [ -e "$file" ] || echo "config names $file, which is not there"
        done
}

# All objects of an nginx are one name space, those of addons one folder.

check_unique_names() {
    local file
    for file in core/*.c ngx_*.c; do basename "$file"; done | sort | uniq -d \
        | sed 's/^/two sources of the name /'
}

check_symbols() {
    local file
    built libfacetree.a || return
    for file in build/libfacetree.a build/obj/trainer/*.o; do
        [ -e "$file" ] || continue
        nm -g --defined-only "$file" | awk -v file="$file" '
            NF == 3 && $3 !~ /^facetree_/ && $3 != "main" \
                && $3 !~ /^__(asan|odr_asan)/ {
                print file ": symbol " $3 }'
    done
}

check_exports() {
    built ngx_http_facetree_module.so || return
    nm -D --defined-only build/ngx_http_facetree_module.so | awk '
        $2 !~ /^[BDR]$/ || $3 !~ /^ngx_/ {
            print "the module exports " $3 " (" $2 ")" }'
}

# Constant tables are no variables, even where they hold addresses.

check_globals() {
    built libfacetree.a || return
    objdump -t build/libfacetree.a | awk '
        / O (\.data|\.bss|\.tdata|\.tbss|\*COM\*)[ \t]/ {
            print "libfacetree.a: variable " $NF }'
}

# Places that only exist on somebody's machine.

check_paths() {
    files | xargs grep -nIE '(^|[^A-Za-z0-9_.$}/-])/(home|root|work|Users)/' \
        | grep -v '^tests/style\.sh:'
}

check_commits() {
    git rev-parse -q --verify HEAD > /dev/null 2>&1 \
        || { echo 'SKIP not in a git checkout'; return; }
    git log --no-merges -n "$LAST_COMMITS" --format='%h %s' \
        | awk -v max="$MAX_SUBJECT" '{
            hash = $1; subject = substr($0, length($1) + 2)
            if (length(subject) > max)
                print hash ": " length(subject) " columns: " subject
            else if (subject !~ /^[A-Z][A-Za-z0-9]*: [^ ].*[^.]$/)
                print hash ": not \"Area: text\": " subject
        }'
}

# Every configuration but conf/internet.conf, which wants a certificate and is
# started by tests/integration/test_conf.py; in a prefix of its own.
# Temporary folders are in it as well: until nginx has run as root, Debian's are
# not there.

check_conf() {
    local nginx module name
    local temp='proxy_temp_path proxy; fastcgi_temp_path fastcgi;'
    temp="$temp uwsgi_temp_path uwsgi; scgi_temp_path scgi;"
    nginx=$(command -v nginx || echo /usr/sbin/nginx)
    module=$ROOT/build/ngx_http_facetree_module.so
    built ngx_http_facetree_module.so && built facetree || return
    [ -x "$nginx" ] || { echo 'SKIP nginx is not installed'; return; }
    build/facetree train --data synthetic --max-depth 2 --quiet \
        --out "$WORK/conf/model.ftm" > /dev/null 2> "$WORK/err" \
        || { cat "$WORK/err"; return; }
    sed -e "s|load_module .*|load_module $module;|" \
        -e "s|^http {|& $temp|" conf/nginx.conf > "$WORK/conf/nginx.conf"
    {
        echo "load_module $module;"
        echo "pid $WORK/nginx.pid;"
        echo 'events { }'
        echo "http { access_log access.log; client_body_temp_path body; $temp"
        cat conf/facetree.conf
        echo '}'
    } > "$WORK/conf/every.conf"
    {
        echo "load_module $module;"
        echo "pid $WORK/nginx.pid;"
        echo 'events { }'
        echo "http { access_log access.log; client_body_temp_path body; $temp"
        sed "s|/etc/nginx/faces.ftm|$WORK/conf/model.ftm|" debian/site.conf
        echo '}'
    } > "$WORK/conf/site.conf"
    sed -f conf/container/nginx.sed conf/nginx.conf \
        | sed -e "s|load_module .*|load_module $module;|" \
            -e "s|/tmp/|$WORK/|" -e "s|/srv/facetree/model/|$WORK/conf/|" \
        > "$WORK/conf/image.conf"
    sed "s|/tmp/|$WORK/|" conf/container/container.conf \
        > "$WORK/conf/container.conf"
    sed "s|/tmp/|$WORK/|" conf/container/balancer.conf \
        > "$WORK/conf/balancer.conf"
    for name in nginx every site image balancer; do
        "$nginx" -t -p "$WORK" -c "$WORK/conf/$name.conf" \
            -e "$WORK/error.log" > "$WORK/err" 2>&1 \
            || sed "s|$WORK/||g" "$WORK/err" \
                | grep -v ' bind() ' | grep -E '\[(emerg|alert)\]'
    done
}

# The names that the module's table of directives, or of variables, registers.

registered() {
    sed -n '/^static ngx_'"$1"'_t .*\[\] = {/,/^};/p' "$2" \
        | grep -o 'ngx_string("facetree[a-z0-9_]*")' \
        | sed 's/.*"\(.*\)".*/\1/'
}

# Those that are only there to tell that they went.

gone_directives() {
    grep -B2 '^ *ngx_http_facetree_gone,$' "$1" \
        | sed -n 's/.*ngx_string("\(.*\)").*/\1/p'
}

# The code, its reference and the configuration that shows them all have the
# same directives; the reference says of those that went what replaces them.

check_directives() {
    local code conf docs gone
    gone=$(gone_directives ngx_http_facetree_module.c)
    code=$(registered command ngx_http_facetree_module.c \
        | grep -vxF "$gone" | sort)
    docs=$(sed -n 's/^### \(facetree[a-z0-9_]*\)$/\1/p' docs/directives.md \
        | sort)
    conf=$(sed -nE 's/^ *(facetree[a-z0-9_]*)([ ;].*)?$/\1/p' \
        conf/facetree.conf | sort -u)
    [ -n "$code" ] || echo 'no directives are found in the module'
    echo "$code" | uniq -d | sed 's/^/the module has twice: /'
    echo "$docs" | uniq -d | sed 's/^/docs\/directives.md has twice: /'
    diff <(echo "$code") <(echo "$docs") | sed -n \
        -e 's/^</docs\/directives.md does not have/p' \
        -e 's/^>/only docs\/directives.md has/p'
    diff <(echo "$code") <(echo "$conf") | sed -n \
        -e 's/^</conf\/facetree.conf does not have/p' \
        -e 's/^>/only conf\/facetree.conf has/p'
    for code in $gone; do
        grep -q "^| \`$code\` | " docs/directives.md \
            || echo "docs/directives.md does not say what became of $code"
    done
}

check_variables() {
    local name names
    names=$(registered http_variable ngx_http_facetree_variables.c)
    [ -n "$names" ] || echo 'no variables are found in the module'
    for name in $names; do
        grep -qE "^\|.*\`\\\$$name\`.*\|.*\|" docs/directives.md \
            || echo "docs/directives.md does not have \$$name"
    done
}

check_shell() {
    command -v shellcheck > /dev/null \
        || { echo 'SKIP shellcheck is not installed'; return; }
    files | grep -E '\.sh$|^\.ci/run$' | xargs shellcheck -f gcc
}


FILE_CHECKS='layers width tabs trailing_blanks line_comments layout
             function_length
             config_lists_sources unique_names paths directives variables'
CHECKS="$FILE_CHECKS symbols exports globals commits conf shell"


# A fault for each check of files, into the current directory.

plant() {
    local file=core/facetree_error.c
    case $1 in
        layers) echo 'int  ngx_planted;' >> $file ;;
        width) printf '/* %080d */\n' 0 >> $file ;;
        tabs) printf '\tint  x;\n' >> $file ;;
        trailing_blanks) echo 'int  x; ' >> $file ;;
        layout) printf 'void\nfacetree_x(void)\n{\n    if(x) return;\n}\n' \
            >> $file ;;
        line_comments) echo 'int  x;  // planted' >> $file ;;
        function_length)
            { echo 'void'; echo 'facetree_planted(void)'; echo '{'
              yes '    ;' | head -n 121; echo '}'; } >> $file ;;
        config_lists_sources) cp $file core/facetree_planted.c ;;
        unique_names) cp ngx_http_facetree_module.c core/ ;;
        paths) echo 'see /home/planted/x' >> README.md ;;
        directives) sed -i '/facetree_top_k/d' conf/facetree.conf ;;
        variables) sed -i '/^|.*$facetree_margin/d' docs/directives.md ;;
    esac
}

self_check() {
    local name bad=0
    for name in $FILE_CHECKS; do
        rm -rf "$WORK/copy" && mkdir "$WORK/copy"
        files | tar -cf - -T - | tar -xf - -C "$WORK/copy"
        (
            cd "$WORK/copy" || exit 2
            "check_$name" > ../before 2> /dev/null
            plant "$name"
            "check_$name" > ../after 2> /dev/null
        )
        if [ "$(wc -l < "$WORK/after")" -le "$(wc -l < "$WORK/before")" ]; then
            echo "self-check: the planted fault is not found: $name"
            bad=1
        fi
    done
    return $bad
}


mkdir "$WORK/conf" "$WORK/logs" "$WORK/html"
passed=0 failed=0 skipped=0
: > "$WORK/skips"

for name in $CHECKS ${SELF:+self_check}; do
    if [ "$name" = self_check ]; then
        self_check > "$WORK/found" 2>&1
    else
        "check_$name" > "$WORK/found" 2>&1
    fi
    if grep -q '^SKIP ' "$WORK/found"; then
        skipped=$((skipped + 1))
        sed "s/^SKIP/$name:/" "$WORK/found" | tee -a "$WORK/skips"
    elif [ -s "$WORK/found" ]; then
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$name"
        head -n 20 "$WORK/found" | sed 's/^/    /'
    else
        passed=$((passed + 1))
        [ -z "$VERBOSE" ] || printf '  ok %s\n' "$name"
    fi
done

[ -z "$COUNTS" ] \
    || { echo "$passed $failed $skipped"; cat "$WORK/skips"; } > "$COUNTS"
printf '  style: %d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed = 0 ]
