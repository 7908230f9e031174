package callback

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// CSVLogger writes one row per epoch: epoch, Logs, the last learning rate, seconds of the
// epoch including validation, images per second in training only. It flushes each row; now
// returns the time.
//
// A resumed run starts with the rows of the earlier epochs. Their times are read from old,
// because states, which must be reproducible, do not contain times.
func CSVLogger(w io.Writer, old [][]string, imagesPerEpoch int, now func() time.Time) Callback {
	c := &csvLogger{out: csv.NewWriter(w), old: old, images: imagesPerEpoch, now: now}
	return Callback{Start: c.start, Batch: c.batch, Epoch: c.epoch, Kept: []any{&c.rows}}
}

type csvLogger struct {
	out            *csv.Writer
	old            [][]string
	images         int
	now            func() time.Time
	rows           [][]string // rows so far, the header first, without the time columns
	began, trained time.Time
	steps          int // examples of the epoch that were timed
}

func (c *csvLogger) start(*State) error {
	c.began = c.now()
	for i, row := range c.rows {
		times := []string{"", ""}
		if i == 0 {
			times = timeColumns
		}
		for _, o := range c.old {
			if n := len(row); len(o) > n && slices.Equal(o[:n], row) {
				times = o[n:]
			}
		}
		if err := c.write(row, times); err != nil {
			return err
		}
	}
	return nil
}

// timeColumns are the last columns.
var timeColumns = []string{"seconds", "images_per_second"}

func (c *csvLogger) write(row, times []string) error {
	if err := c.out.Write(slices.Concat(row, times)); err != nil {
		return fmt.Errorf("writing the metrics: %w", err)
	}
	c.out.Flush()
	if err := c.out.Error(); err != nil {
		return fmt.Errorf("writing the metrics: %w", err)
	}
	return nil
}

func (c *csvLogger) batch(*State) error {
	c.steps++
	c.trained = c.now()
	return nil
}

func (c *csvLogger) epoch(s *State) error {
	end := c.now()
	seconds, training := max(0, end.Sub(c.began).Seconds()), c.trained.Sub(c.began).Seconds() // the clock may be set back
	images := float64(c.images) * float64(c.steps) / float64(s.Steps)
	c.began, c.steps = end, 0
	if c.rows == nil {
		if err := c.add(csvHeader(s.Logs), timeColumns); err != nil {
			return err
		}
	}
	row := []string{strconv.Itoa(s.Epoch)}
	for _, l := range s.Logs {
		row = append(row, strconv.FormatFloat(l.Value, 'g', 9, 64))
	}
	return c.add(append(row, strconv.FormatFloat(s.StepRate, 'g', -1, 64)), []string{
		strconv.FormatFloat(seconds, 'f', 3, 64),
		strconv.FormatFloat(images/max(training, 1e-9), 'f', 1, 64),
	})
}

// add writes a row and stores it.
func (c *csvLogger) add(row, times []string) error {
	c.rows = append(c.rows, row)
	return c.write(row, times)
}

func csvHeader(logs Logs) []string {
	header := []string{"epoch"}
	for _, l := range logs {
		header = append(header, l.Name)
	}
	return append(header, "learning_rate")
}
