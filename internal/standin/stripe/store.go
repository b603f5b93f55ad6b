package stripe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// table holds one kind of object, in the order it came, found by id or by a
// key that never changes (a transfer group, a charge).
type table[T any] struct {
	name  string
	id    func(*T) string
	keys  func(*T) []string
	rows  map[string]*T
	ids   []string
	index map[string][]string
	log   *journal
}

// newTable makes an empty table whose changes go to log.
func newTable[T any](log *journal, name string, id func(*T) string, keys func(*T) []string) *table[T] {
	t := &table[T]{name: name, id: id, keys: keys, log: log, rows: map[string]*T{}, index: map[string][]string{}}
	log.tables[name] = t
	return t
}

// get is the row called id, or nil.
func (t *table[T]) get(id string) *T { return t.rows[id] }

// put stores a row, new or changed.
func (t *table[T]) put(row *T) {
	t.keep(row)
	t.log.write(t.name, row)
}

// keep stores a row without writing it down.
func (t *table[T]) keep(row *T) {
	id := t.id(row)
	if _, known := t.rows[id]; !known {
		t.ids = append(t.ids, id)
		if t.keys != nil {
			for _, k := range t.keys(row) {
				t.index[k] = append(t.index[k], id)
			}
		}
	}
	t.rows[id] = row
}

// by is the rows under a key, oldest first.
func (t *table[T]) by(key string) []*T {
	return t.all(t.index[key])
}

// all is the rows of ids, in their order.
func (t *table[T]) all(ids []string) []*T {
	out := make([]*T, 0, len(ids))
	for _, id := range ids {
		out = append(out, t.rows[id])
	}
	return out
}

// load takes one written line back.
func (t *table[T]) load(raw json.RawMessage) error {
	row := new(T)
	if err := json.Unmarshal(raw, row); err != nil {
		return err
	}
	t.keep(row)
	return nil
}

// rewrite writes every row down.
func (t *table[T]) rewrite() {
	for _, id := range t.ids {
		t.log.write(t.name, t.rows[id])
	}
}

// loader is a table of any kind.
type loader interface {
	load(json.RawMessage) error
	rewrite()
}

// journal is the file that makes the stand-in survive its own death: one JSON
// line for every change, the last line about an id being the truth. Without a
// file it writes nothing.
type journal struct {
	tables  map[string]loader
	file    *os.File
	pending bytes.Buffer
}

// journalLine is one line of the file.
type journalLine struct {
	Table string          `json:"t"`
	Row   json.RawMessage `json:"row"`
}

// maxJournalLine bounds a line read back, in bytes.
const maxJournalLine = 4 << 20

// open reads path, if it is there, and rewrites it without what is outdated.
func (j *journal) open(path string) error {
	if err := j.read(path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	fresh, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	j.file = fresh
	for _, t := range j.tables {
		t.rewrite()
	}
	if err := j.flush(); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// read loads every whole line of path. A last line cut short by a crash was
// never answered, so it is left out.
func (j *journal) read(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxJournalLine)
	for lines.Scan() {
		var l journalLine
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue
		}
		t, ok := j.tables[l.Table]
		if !ok {
			return fmt.Errorf("stripe stand-in: %s: unknown table %q", path, l.Table)
		}
		if err := t.load(l.Row); err != nil {
			return fmt.Errorf("stripe stand-in: %s: %w", path, err)
		}
	}
	return lines.Err()
}

// write adds a line to what is pending.
func (j *journal) write(name string, row any) {
	if j.file == nil {
		return
	}
	raw, err := json.Marshal(row)
	if err != nil {
		panic(err) // our own plain structs
	}
	line, _ := json.Marshal(journalLine{Table: name, Row: raw})
	j.pending.Write(append(line, '\n'))
}

// flush hands what is pending to the operating system, in one write, so that
// a request's changes outlive the process together.
func (j *journal) flush() error {
	if j.file == nil || j.pending.Len() == 0 {
		return nil
	}
	_, err := j.file.Write(j.pending.Bytes())
	j.pending.Reset()
	return err
}

// close ends the file.
func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return errors.Join(j.flush(), j.file.Close())
}
