# Flattens JSON to lines of "path TAB value". Newlines, tabs and backslashes in values stay escaped
# in the way that printf %b understands. Empty lists and objects leave no line.

function utf8(code) {
	if (code < 128) return sprintf("%c", code)
	if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
	if (code < 65536)
		return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
	return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64,
		128 + int(code / 64) % 64, 128 + code % 64)
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
		if (mark == "u") out = out plain(code_point())
		else if (mark == "n") out = out "\\n"
		else if (mark == "t") out = out "\\t"
		else if (mark == "r") out = out "\\r"
		else if (mark == "b") out = out sprintf("%c", 8)
		else if (mark == "f") out = out sprintf("%c", 12)
		else if (mark == "\\") out = out "\\\\"
		else out = out mark
	}
	return out
}

# The digits after \u, and those of a second half where one follows.
function code_point(  code, low) {
	code = hex(substr(text, at, 4))
	at += 4
	if (code < 55296 || code > 56319 || substr(text, at, 2) != "\\u") return code
	low = hex(substr(text, at + 2, 4))
	at += 6
	return 65536 + (code - 55296) * 1024 + low - 56320
}

function plain(code) {
	if (code == 10) return "\\n"
	if (code == 9) return "\\t"
	if (code == 13) return "\\r"
	if (code == 92) return "\\\\"
	return code == 0 ? "" : utf8(code)
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
