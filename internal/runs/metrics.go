package runs

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The columns of metrics.csv that are not figures: the first one, and the last ones.
var (
	numberColumn = "epoch"
	lastColumns  = []string{"learning_rate", "seconds", "images_per_second"}
)

// header returns the first row of metrics.csv.
func (e *Epoch) header() []string {
	row := []string{numberColumn}
	for _, f := range e.Figures {
		row = append(row, f.Name)
	}
	return append(row, lastColumns...)
}

// reproducible returns the columns of the epoch that are not times. Numbers have as many digits
// as it takes to read them back unchanged, as those of Keras's CSVLogger.
func (e *Epoch) reproducible() []string {
	row := []string{strconv.Itoa(e.Number)}
	for _, f := range e.Figures {
		row = append(row, exact(f.Value))
	}
	return append(row, exact(e.LearningRate))
}

func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// row returns the row of the epoch in metrics.csv. Times that are not known are empty.
func (e *Epoch) row() []string {
	row := e.reproducible()
	for i, v := range []float64{e.Seconds, e.ImagesPerSecond} {
		text := ""
		if v > 0 {
			text = strconv.FormatFloat(v, 'f', 3-2*i, 64)
		}
		row = append(row, text)
	}
	return row
}

// writeRow appends a row of CSV to b.
func writeRow(b *bytes.Buffer, row []string) {
	w := csv.NewWriter(b)
	_ = w.Write(row) // to memory
	w.Flush()
}

// parseRows reads metrics.csv: the whole rows that it can decode, by the number of the epoch.
func parseRows(text []byte) map[int]Epoch {
	found := map[int]Epoch{}
	if !utf8.Valid(text) {
		return found
	}
	in := csv.NewReader(bytes.NewReader(text[:bytes.LastIndexByte(text, '\n')+1])) // the last row may be torn
	in.FieldsPerRecord = -1
	header, err := in.Read()
	figures := len(header) - 1 - len(lastColumns)
	if err != nil || figures < 0 || header[0] != numberColumn || !slices.Equal(header[1+figures:], lastColumns) {
		return found
	}
	for {
		row, err := in.Read()
		if row == nil && err != nil {
			return found
		}
		if e, ok := parseRow(header, row); err == nil && ok {
			found[e.Number] = e
		}
	}
}

// parseRow decodes a row under a header.
func parseRow(header, row []string) (e Epoch, ok bool) {
	if len(row) != len(header) {
		return e, false
	}
	var err error
	if e.Number, err = strconv.Atoi(row[0]); err != nil || e.Number < 1 {
		return e, false
	}
	e.Figures = Figures{}
	for i, name := range header[1:] {
		v, err := strconv.ParseFloat(row[i+1], 64)
		left := len(header) - 2 - i // columns after this one
		if err != nil && !(left < 2 && row[i+1] == "") {
			return e, false
		}
		switch left {
		case 2:
			e.LearningRate = v
		case 1:
			e.Seconds = v
		case 0:
			e.ImagesPerSecond = v
		default:
			e.Figures = append(e.Figures, Figure{name, v})
		}
	}
	return e, true
}
