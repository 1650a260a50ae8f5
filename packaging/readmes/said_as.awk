# Whether a program has printed (the second file) what a README shows (the first): there a line of three points
# stands for any lines, and three points in a line for what follows in it.
FILENAME == ARGV[1] {
    gsub(/…/, "...")
    if ($0 == "...") {
        pattern = pattern "(.*\n)?"
        next
    }
    gsub(/[][\\.^$*+?(){}|]/, "\\\\&")
    gsub(/\\\.\\\.\\\./, "[^\n]*")
    pattern = pattern $0 "\n"
    next
}
{ said = said $0 "\n" }
END { exit said !~ ("^" pattern "$") }
