package spec

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// maxNodes limits the size of a document after expansion of its aliases ("billion laughs").
const maxNodes = 100_000

// parse parses the one YAML document in src. It returns nil if there is none, else a tree
// without aliases or duplicate keys.
func parse(file string, src []byte, problems *Problems) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, second yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		problems.Add(Pos{file, 1, 1}, "the file is empty")
		return nil
	case err != nil:
		if bytes.IndexByte(src, 0) >= 0 || !utf8.Valid(src) {
			problems.Add(Pos{File: file}, "is not a text; a spec is a text in YAML, and a model of Keras becomes a run by cnntrain import")
			return nil
		}
		if at, ok := indentedByTab(file, src); ok {
			problems.Add(at, "a tab; YAML is indented with spaces alone")
			return nil
		}
		problems.Add(syntaxPos(file, err), "not valid YAML: %s", syntaxText(err))
		return nil
	}
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		problems.Add(syntaxPos(file, err), "not valid YAML: %s", syntaxText(err))
	default:
		problems.Add(Pos{file, max(second.Line, 1), max(second.Column, 1)},
			"a second YAML document; a file holds one")
	}
	c := copier{file: file, problems: problems, left: maxNodes, open: map[*yaml.Node]bool{}}
	root := c.copy(doc.Content[0])
	if c.left <= 0 {
		return nil
	}
	return root
}

// A copier expands aliases and checks the keys of mappings.
type copier struct {
	file     string
	problems *Problems
	left     int
	open     map[*yaml.Node]bool // aliases being expanded, to detect cycles
}

func (c *copier) at(n *yaml.Node) Pos { return Pos{c.file, n.Line, n.Column} }

func (c *copier) copy(n *yaml.Node) *yaml.Node {
	if c.left--; c.left <= 0 {
		if c.left == 0 {
			c.problems.Add(c.at(n), "the file has over %d values once its aliases are written out", maxNodes)
		}
		return null(n)
	}
	if n.Kind == yaml.AliasNode {
		if c.open[n.Alias] {
			c.problems.Add(c.at(n), "alias *%s contains itself", n.Value)
			return null(n)
		}
		c.open[n.Alias] = true
		defer delete(c.open, n.Alias)
		return c.copy(n.Alias)
	}
	out := *n
	out.Anchor, out.Content = "", nil
	out.HeadComment, out.LineComment, out.FootComment = "", "", "" // which do not fit in one line
	if n.Kind != yaml.MappingNode {
		for _, child := range n.Content {
			out.Content = append(out.Content, c.copy(child))
		}
		return &out
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			c.problems.Add(c.at(key), "a key must be a plain name")
			continue
		case key.Value == "<<":
			c.problems.Add(c.at(key), "merge keys (<<) are not supported; use blocks")
			continue
		case seen[key.Value] > 0:
			c.problems.Add(c.at(key), "duplicate key %q; it stands in line %d already", key.Value, seen[key.Value])
			continue
		}
		seen[key.Value] = key.Line
		out.Content = append(out.Content, c.copy(key), c.copy(n.Content[i+1]))
	}
	return &out
}

// null replaces a value that could not be copied.
func null(at *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: at.Line, Column: at.Column}
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// parserError matches the errors of the parser of yaml.v3, which counts lines from 0, unlike its scanner.
var parserError = regexp.MustCompile(`did not find expected (key|node content|'-' indicator|',' or|<)`)

// syntaxPos extracts the line number from a message of yaml.v3.
func syntaxPos(file string, err error) Pos {
	line := 1
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		if parserError.MatchString(err.Error()) {
			line++
		}
	}
	return Pos{file, max(line, 1), 1}
}

// indentedByTab finds the first tab in the indentation of a line, which yaml.v3 reports as a
// character that cannot start any token.
func indentedByTab(file string, src []byte) (Pos, bool) {
	number := 0
	for line := range bytes.Lines(src) {
		number++
		indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if i := bytes.IndexByte(indent, '\t'); i >= 0 && len(bytes.TrimSpace(line)) > 0 {
			return Pos{file, number, i + 1}, true
		}
	}
	return Pos{}, false
}

func syntaxText(err error) string {
	return yamlLine.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")
}

// isNull reports whether n has no value: absent, empty, null or ~.
func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == 0 || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}
