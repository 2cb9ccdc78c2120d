# Flattens the plain part of YAML that cloud-config files use to lines of "path TAB value":
# mappings and lists by indentation, flow lists of scalars, quoted scalars, and | and > blocks.

function trim(s) { sub(/^[ \t]+/, "", s); sub(/[ \t\r]+$/, "", s); return s }

function escaped(s) { gsub(/\\/, "\\\\", s); gsub(/\t/, "\\t", s); return s }

function scalar(s,  mark, body) {
	s = trim(s)
	mark = substr(s, 1, 1)
	if (mark == "\"" && match(s, /^"([^"\\]|\\.)*"/)) {
		body = substr(s, 2, RLENGTH - 2)
		gsub(/\\"/, "\"", body)
		return body
	}
	if (mark == "'" && match(s, /^'([^']|'')*'/)) {
		body = substr(s, 2, RLENGTH - 2)
		gsub(/''/, "'", body)
		return escaped(body)
	}
	sub(/[ \t]+#.*$/, "", s)
	return escaped(s)
}

function emit(path, s) { print path "\t" scalar(s) }

function below(path, name) { return path == "" ? name : path "/" name }

# One flow list of scalars, such as [ls, -l, "a b"].
function flow(path, s,  count, rest) {
	sub(/^\[/, "", s)
	count = 0
	while ((s = trim(s)) != "" && substr(s, 1, 1) != "]") {
		if (match(s, /^"([^"\\]|\\.)*"/) || match(s, /^'([^']|'')*'/) || match(s, /^[^],]+/)) {
			rest = substr(s, RLENGTH + 1)
			emit(below(path, count++), substr(s, 1, RLENGTH))
			s = rest
		}
		sub(/^[ \t]*,/, "", s)
	}
}

function content(path, s, indent) {
	s = trim(s)
	if (s ~ /^[|>][-+]?[ \t]*(#.*)?$/) {
		block = path
		style = substr(s, 1, 1)
		keep = substr(s, 2, 1)
		block_parent = indent
		block_indent = -1
		block_text = ""
	} else if (substr(s, 1, 1) == "[") flow(path, s)
	else emit(path, s)
}

function end_block(  s) {
	s = block_text
	if (style == ">") sub(/ $/, "\\n", s)
	while (s ~ /\\n\\n$/) s = substr(s, 1, length(s) - 2)
	if (keep == "-") sub(/\\n$/, "", s)
	print block "\t" s
	block = ""
}

function in_block(line,  lead) {
	if (line ~ /^[ \t]*$/) { block_text = block_text "\\n"; return 1 }
	match(line, /^ */)
	lead = RLENGTH
	if (lead <= block_parent) return 0
	if (block_indent < 0) block_indent = lead
	line = escaped(substr(line, block_indent + 1))
	block_text = block_text line (style == ">" ? " " : "\\n")
	return 1
}

# Closes the levels that are deeper than this line.
function settle(indent, dash) {
	while (depth > 0 && (level[depth] > indent || (level[depth] == indent && !dash && kind[depth] == "list")))
		depth--
}

function push(indent, what, path) {
	depth++
	level[depth] = indent
	kind[depth] = what
	paths[depth] = path
	count[depth] = 0
}

function node(s, indent, path,  name) {
	if (s ~ /^- / || s == "-") {
		if (!(depth > 0 && level[depth] == indent && kind[depth] == "list")) push(indent, "list", path)
		name = below(paths[depth], count[depth]++)
		pending = name
		s = substr(s, 2)
		match(s, /^ */)
		if (trim(s) != "") node(substr(s, RLENGTH + 1), indent + 1 + RLENGTH, name)
	} else if (match(s, /^("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+):([ \t]|$)/)) {
		if (!(depth > 0 && level[depth] == indent && kind[depth] == "map")) push(indent, "map", path)
		name = substr(s, 1, RLENGTH)
		s = substr(s, RLENGTH + 1)
		sub(/:[ \t]*$/, "", name)
		name = below(paths[depth], scalar(name))
		pending = name
		if (trim(s) != "" && trim(s) !~ /^#/) content(name, s, indent)
	} else content(path, s, indent - 1)
}

{
	sub(/\r$/, "")
	if (block != "") {
		if (in_block($0)) next
		end_block()
	}
	if ($0 ~ /^[ \t]*(#.*)?$/ || $0 ~ /^(---|\.\.\.)/) next
	match($0, /^ */)
	indent = RLENGTH
	line = substr($0, indent + 1)
	dash = (line ~ /^- / || line == "-")
	settle(indent, dash)
	node(line, indent, pending)
}
END { if (block != "") end_block() }
