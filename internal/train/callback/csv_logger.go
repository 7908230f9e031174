package callback

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"
)

// CSVLogger writes one row an epoch: epoch, the figures of Logs, the last learning
// rate, seconds of the epoch with its validation, images a second in training
// alone. It flushes each row; now tells the time.
func CSVLogger(w io.Writer, imagesPerEpoch int, now func() time.Time) Callback {
	out := csv.NewWriter(w)
	var began, trained time.Time
	row := func(fields []string) error {
		if err := out.Write(fields); err != nil {
			return err
		}
		out.Flush()
		if err := out.Error(); err != nil {
			return fmt.Errorf("writing the metrics: %w", err)
		}
		return nil
	}
	return Callback{
		Start: func(*State) error { began = now(); return nil },
		Batch: func(s *State) error {
			if s.Step == s.Steps {
				trained = now()
			}
			return nil
		},
		Epoch: func(s *State) error {
			if s.Epoch == 1 {
				if err := row(csvHeader(s.Logs)); err != nil {
					return err
				}
			}
			end := now()
			seconds, training := end.Sub(began).Seconds(), trained.Sub(began).Seconds()
			began = end
			fields := []string{strconv.Itoa(s.Epoch)}
			for _, l := range s.Logs {
				fields = append(fields, strconv.FormatFloat(l.Value, 'g', 9, 64))
			}
			return row(append(fields,
				strconv.FormatFloat(s.StepRate, 'g', -1, 64),
				strconv.FormatFloat(seconds, 'f', 3, 64),
				strconv.FormatFloat(float64(imagesPerEpoch)/max(training, 1e-9), 'f', 1, 64)))
		},
	}
}

func csvHeader(logs Logs) []string {
	header := []string{"epoch"}
	for _, l := range logs {
		header = append(header, l.Name)
	}
	return append(header, "learning_rate", "seconds", "images_per_second")
}
