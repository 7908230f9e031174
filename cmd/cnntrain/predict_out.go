package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"cnntrain/internal/table"
	"cnntrain/internal/trained"
)

// predictions writes predictions in one format, as they are computed.
type predictions interface {
	add(*trained.Prediction) error
	end() error
}

func newPredictions(o *predictOptions, w io.Writer) predictions {
	switch {
	case o.json:
		return &predictionsJSON{w: w}
	case o.csv:
		return &predictionsCSV{table.NewCSV(w), false}
	}
	return &predictionsText{w: w, t: table.New(w)}
}

// predictionsText is a table. Columns are aligned in chunks of rows, to bound memory.
type predictionsText struct {
	w io.Writer
	t *table.Writer
	n int
}

// textRows is the number of rows that are aligned together.
const textRows = 1000

func (p *predictionsText) add(one *trained.Prediction) error {
	if one.Error != "" {
		return nil // listed with the other images that cannot be read
	}
	printPrediction(one, p.t)
	if p.n++; p.n%textRows > 0 {
		return nil
	}
	err := p.t.Flush()
	p.t = table.New(p.w)
	return err
}

func (p *predictionsText) end() error { return p.t.Flush() }

// predictionsJSON is an array, as printJSON would write it.
type predictionsJSON struct {
	w     io.Writer
	begun bool
}

func (p *predictionsJSON) add(one *trained.Prediction) error {
	var b bytes.Buffer
	b.WriteString("[\n  ")
	if p.begun {
		b.Reset()
		b.WriteString(",\n  ")
	}
	p.begun = true
	document, err := jsonOf(one, "  ")
	if err != nil {
		return err
	}
	b.Write(document)
	_, err = p.w.Write(b.Bytes())
	return err
}

func (p *predictionsJSON) end() error {
	end := "\n]\n"
	if !p.begun {
		end = "[]\n"
	}
	_, err := io.WriteString(p.w, end)
	return err
}

type predictionsCSV struct {
	table.CSV
	begun bool
}

func (p *predictionsCSV) add(one *trained.Prediction) error {
	if one.Error != "" {
		return nil
	}
	if !p.begun {
		p.begun = true
		head := []string{"image"}
		for i := range one.Classes {
			rank := ""
			if i > 0 {
				rank = fmt.Sprintf("_%d", i+1)
			}
			head = append(head, "class"+rank, "probability"+rank)
		}
		p.Row(head...)
	}
	row := []string{one.Image}
	for _, c := range one.Classes {
		row = append(row, c.Name, strconv.FormatFloat(c.Probability, 'g', -1, 32))
	}
	p.Row(row...)
	p.Flush()
	return p.Error()
}

func (p *predictionsCSV) end() error { return p.Error() }
