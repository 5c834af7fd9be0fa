# Makes a man page of what "facetree --help" or "facetree VERB --help" prints:
#
#     facetree train --help | awk -v verb=train -v version=0.1.0 \
#         -v verbs='fetch synth ...' -f trainer/man.awk > facetree-train.1
#
# Without "verb" it is the page of the program.  The help text is the only
# source, so that the two cannot differ.

function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

function section(title) {
    end_example()
    print ".SH " toupper(title)
}

function end_example() {
    if (example) {
        print ".fi\n.RE"
        example = 0
    }
}

# "  --name METAVAR   what it does", "  verb   what it does"

function item(line,    name, metavar) {
    sub(/^ +/, "", line)
    name = line
    sub(/ .*/, "", name)
    line = substr(line, length(name) + 1)
    if (name ~ /^--/ && match(line, /^ [A-Z][^ ]*/)) {
        metavar = substr(line, 2, RLENGTH - 1)
        line = substr(line, RLENGTH + 1)
    }
    sub(/^ +/, "", line)
    print ".TP"
    if (metavar) {
        print ".BI " escape(name) " \" " escape(metavar) "\""
    } else if (verb) {
        print ".B " escape(name)
    } else {
        print ".BR facetree\\-" escape(name) " (1)"
    }
    print escape(line)
}

BEGIN {
    page = verb ? "facetree-" verb : "facetree"
    print ".\\\" Made by trainer/man.awk of the program's --help."
    print ".TH " escape(toupper(page)) " 1 \"\" \"facetree " version \
          "\" \"User Commands\""
}

/^Usage: / {
    usage = $0
    sub(/^Usage: facetree */, "", usage)
    next
}

# The first line after the usage says what the page is about.

!summary && NF {
    summary = $0
    sub(/\.$/, "", summary)
    print ".SH NAME\n" escape(page) " \\- " \
          escape(tolower(substr(summary, 1, 1)) substr(summary, 2))
    print ".SH SYNOPSIS\n.B facetree"
    if (verb) {
        sub(/^[^ ]+ ?/, "", usage)
        print ".B " verb
    }
    print escape(usage)
    if (!verb) {
        print ".br\n.B facetree \\-\\-version"
    }
    section("description")
    print escape(toupper(substr(summary, 1, 1)) substr(summary, 2)) "."
    next
}

/^[A-Z].*:$/ {
    heading = $0
    sub(/:$/, "", heading)
    if (heading == "Examples" || heading == "Verbs") {
        section(heading)
    } else {
        if (!options++) {
            section("options")
        }
        print ".SS " escape(heading)
    }
    if (heading == "Examples") {
        print ".RS 4\n.nf"
        example = 1
    }
    next
}

example {
    sub(/^  /, "")
    print escape($0)
    next
}

heading && /^  [^ ]/ {
    item($0)
    next
}

# Text below the list of verbs is no part of it.

!NF {
    paragraph = 1
    next
}

{
    print (paragraph ? ".PP\n" : "") escape($0)
    paragraph = 0
}

END {
    section("exit status")
    print ".TP\n.B 0\nDone.\n.TP\n.B 1\nFailed, or a gate such as" \
          "\n.B \\-\\-min\\-accuracy\nwas missed.\n.TP\n.B 2\nWrong usage." \
          "\n.TP\n.B 65\nBad data.\n.TP\n.B 66\nMissing input." \
          "\n.TP\n.BR 73 \", \" 74\nAn output cannot be created, or written."
    section("see also")
    if (verb) {
        print ".BR facetree (1),"
    } else {
        count = split(verbs, others, " ")
        for (i = 1; i <= count; i++) {
            print ".BR facetree\\-" others[i] " (1),"
        }
    }
    print ".BR nginx (8)"
}
