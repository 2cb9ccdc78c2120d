# Flattens JSON to lines of "path TAB value". Newlines, tabs and backslashes in values stay escaped
# in the way that printf %b understands. Empty lists and objects leave no line.

function utf8(code) {
	if (code < 128) return sprintf("%c", code)
	if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
	return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
}

function hex(digits,  i, n) {
	n = 0
	for (i = 1; i <= 4; i++)
		n = n * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
	return n
}

function blanks() {
	while (at <= size && index(" \t\r\n", substr(text, at, 1))) at++
}

function quoted(  out, stop, mark) {
	out = ""
	at++
	while (at <= size) {
		stop = match(substr(text, at, 4096), /["\\]/)
		if (!stop) { out = out substr(text, at, 4096); at += 4096; continue }
		out = out substr(text, at, stop - 1)
		at += stop - 1
		mark = substr(text, at, 1)
		if (mark == "\"") { at++; return out }
		mark = substr(text, at + 1, 1)
		at += 2
		if (mark == "u") { mark = hex(substr(text, at, 4)); at += 4; out = out plain(mark) }
		else if (mark == "n") out = out "\\n"
		else if (mark == "t") out = out "\\t"
		else if (mark == "r") out = out "\\r"
		else if (mark == "b" || mark == "f") out = out " "
		else if (mark == "\\") out = out "\\\\"
		else out = out mark
	}
	return out
}

function plain(code) {
	if (code == 10) return "\\n"
	if (code == 9) return "\\t"
	if (code == 92) return "\\\\"
	if (code < 32) return ""
	return utf8(code)
}

function value(path,  mark, start) {
	blanks()
	mark = substr(text, at, 1)
	if (mark == "{") object(path)
	else if (mark == "[") list(path)
	else if (mark == "\"") print path "\t" quoted()
	else {
		start = at
		while (at <= size && !index(",]} \t\r\n", substr(text, at, 1))) at++
		print path "\t" substr(text, start, at - start)
	}
}

function below(path, name) {
	return path == "" ? name : path "/" name
}

function object(path,  name) {
	at++
	while (at <= size) {
		blanks()
		if (substr(text, at, 1) == "}") { at++; return }
		if (substr(text, at, 1) == ",") { at++; continue }
		name = quoted()
		blanks()
		at++
		value(below(path, name))
	}
}

function list(path,  count) {
	at++
	count = 0
	while (at <= size) {
		blanks()
		if (substr(text, at, 1) == "]") { at++; return }
		if (substr(text, at, 1) == ",") { at++; continue }
		value(below(path, count++))
	}
}

{ text = text $0 "\n" }
END {
	size = length(text)
	at = 1
	blanks()
	if (at <= size) value("")
}
