# Reads a README, and writes what a reader is to do into the folder `dir`; see try.sh. What counts is below
# headings that match `heading`: the packages of the first `apt-get install …`, and each block of a console,
# which is a terminal of its own.
/^#+ / {
    title = $0
    sub(/^#+ /, "", title)
    counts = title ~ heading
}
!counts { next }
match($0, /`apt-get install [^`]*`/) && !has_packages {
    has_packages = 1
    print substr($0, RSTART + 17, RLENGTH - 18) > (dir "/packages")
}
/^```console$/ {
    inside = 1
    command = 0
    terminal++
    script = dir "/" terminal ".sh"
    next
}
/^```/ { inside = 0 }
!inside { next }
sub(/^\$ /, "") {
    command++
    print "exec > /plan/" terminal "." command ".said 2> /plan/" terminal "." command ".errors" > script
    print > script
    next
}
{ print > (dir "/" terminal "." command ".want") }
