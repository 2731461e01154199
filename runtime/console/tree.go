package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

const (
	treeItems = 25    // of a list that are drawn: a page stays small
	treeNodes = 700   // of a whole tree
	jsonShown = 24000 // bytes of a JSON text
)

// A node is a JSON value as parts.html draws it, members in the order in which they were written.
type node struct {
	Key, Kind, Text string // Text: of a leaf
	Summary         string // of an object or a list
	Children        []node
	More            string // what is not drawn
	Open            bool
}

// treeOf draws a JSON document.
func treeOf(raw json.RawMessage) node {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	left := treeNodes
	root, err := readNode(dec, &left)
	if err != nil {
		return node{Kind: "text", Text: string(raw)}
	}
	if len(root.Children) <= 3 || root.Kind == "object" {
		for i := range root.Children {
			child := &root.Children[i]
			child.Open = len(child.Children) <= 12 && !strings.HasPrefix(child.Key, "_")
		}
	}
	return root
}

func readNode(dec *json.Decoder, left *int) (node, error) {
	token, err := dec.Token()
	if err != nil {
		return node{}, err
	}
	*left--
	switch v := token.(type) {
	case json.Delim:
		if v == '[' {
			return readList(dec, left)
		}
		return readObject(dec, left)
	case string:
		return node{Kind: "text", Text: v}, nil
	case json.Number:
		return node{Kind: "number", Text: v.String()}, nil
	case bool:
		return node{Kind: "bool", Text: fmt.Sprint(v)}, nil
	}
	return node{Kind: "null", Text: "null"}, nil
}

func readObject(dec *json.Decoder, left *int) (node, error) {
	n := node{Kind: "object"}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return n, err
		}
		child, err := readNode(dec, left)
		if err != nil {
			return n, err
		}
		child.Key = fmt.Sprint(key)
		n.Children = append(n.Children, child)
	}
	n.Summary = n.name()
	if len(n.Children) == 0 {
		n.Kind, n.Text = "null", "{}"
	}
	_, err := dec.Token()
	return n, err
}

func readList(dec *json.Decoder, left *int) (node, error) {
	n := node{Kind: "list"}
	total := 0
	for ; dec.More(); total++ {
		if total >= treeItems || *left <= 0 {
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return n, err
			}
			continue
		}
		child, err := readNode(dec, left)
		if err != nil {
			return n, err
		}
		child.Key = fmt.Sprint(total + 1)
		n.Children = append(n.Children, child)
	}
	n.Summary = count(total, "item")
	if total > len(n.Children) {
		n.More = fmt.Sprintf("%d more of %d are not drawn.", total-len(n.Children), total)
	}
	if total == 0 {
		n.Kind, n.Text = "null", "[]"
	}
	_, err := dec.Token()
	return n, err
}

// name finds what an object calls itself: its own label, or that of its profile.
func (n node) name() string {
	for _, key := range []string{"label", "name", "displayName", "displayMessage", "login", "alternateId", "eventType"} {
		for _, child := range n.Children {
			if child.Key == key && child.Kind == "text" {
				return child.Text
			}
		}
	}
	for _, child := range n.Children {
		if child.Key == "profile" && len(child.Children) > 0 {
			return child.name()
		}
	}
	return count(len(n.Children), "member")
}

// about is what an object says of itself, and of what it is about: "Suspend Okta user · Ada Lovelace".
func (n node) about() string {
	text := n.name()
	for _, child := range n.Children {
		if child.Key == "target" && len(child.Children) > 0 {
			text += " · " + child.Children[0].name()
		}
	}
	return text
}

// indented is a JSON document for reading, cut where it is long.
func indented(raw json.RawMessage) (text string, whole bool) {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw), true
	}
	if b.Len() <= jsonShown {
		return b.String(), true
	}
	cut := b.String()[:jsonShown]
	return cut[:strings.LastIndexByte(cut, '\n')+1] + "…", false
}
