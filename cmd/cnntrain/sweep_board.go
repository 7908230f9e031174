package main

import (
	"fmt"
	"strconv"
	"strings"

	"cnntrain/internal/sweep"
	"cnntrain/internal/table"
	"cnntrain/internal/words"
)

type boardJSON struct {
	Sweep   string         `json:"sweep"`
	Metric  string         `json:"metric"`
	Params  []string       `json:"params"`
	Left    int            `json:"left"` // trainings still to be done
	Members []sweep.Result `json:"members"`
	Queue   []queuedTask   `json:"queue,omitempty"` // in Slurm
}

func newBoard(w *sweep.Sweep) boardJSON {
	return boardJSON{Sweep: w.Dir, Metric: w.Metric, Params: w.Params, Left: w.Left(), Members: w.Board()}
}

// printBoard lists the members of a sweep, the best first.
func printBoard(s *streams, w *sweep.Sweep, json bool) error {
	board := newBoard(w)
	if json {
		return s.printJSON(board)
	}
	t := table.New(s.out)
	varying := w.Varying()
	for _, i := range varying {
		fmt.Fprint(t, w.Params[i]+"\t")
	}
	fmt.Fprintf(t, "%s\tepoch\taccuracy\ttime\tstatus\trun\n", w.Metric)
	for _, r := range board.Members {
		status, epoch := string(r.Status), "-"
		if status == "" {
			status = "waiting"
		}
		if r.Epoch > 0 {
			epoch = strconv.Itoa(r.Epoch) + "/" + strconv.Itoa(r.Epochs)
		}
		for _, i := range varying {
			fmt.Fprint(t, r.Values[i]+"\t")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n",
			orDash(r.Value), epoch, orDash(r.Accuracy), took(r.Seconds), status, r.Run)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if board.Left > 0 {
		s.logf("%s to go", words.Count(board.Left, "training"))
	}
	return nil
}

// printMembers lists what a sweep would train.
func printMembers(s *streams, p sweep.Plan) error {
	t := table.New(s.out)
	fmt.Fprintf(t, "member\t%s\n", strings.Join(p.Params, "\t"))
	for i, values := range p.Members {
		fmt.Fprintf(t, "%d\t%s\n", i+1, strings.Join(values, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(p.Stages) == 1 {
		return nil
	}
	for _, stage := range p.Stages {
		if _, err := fmt.Fprintf(s.out, "%s for %s\n", words.Count(stage.Members, "member"), words.Count(stage.Epochs, "epoch")); err != nil {
			return err
		}
	}
	return nil
}
