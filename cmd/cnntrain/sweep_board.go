package main

import (
	"io"
	"strconv"

	"cnntrain/internal/sweep"
	"cnntrain/internal/table"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"
)

type boardJSON struct {
	Sweep   string         `json:"sweep"`
	Metric  string         `json:"metric"`
	Params  []string       `json:"params"`
	Left    int            `json:"left"` // trainings still to be done
	Members []sweep.Result `json:"members"`

	Settings []sweep.Group       `json:"settings,omitempty"` // of a sweep over folds, the best first
	Ensemble *trained.Evaluation `json:"ensemble,omitempty"` // of the models of the best of them

	Queue []queuedTask `json:"queue,omitempty"` // in Slurm
}

func newBoard(w *sweep.Sweep) boardJSON {
	board := boardJSON{Sweep: w.Dir, Metric: w.Metric, Params: w.Params, Left: w.Left(), Members: w.Board(), Settings: w.Groups()}
	board.readEnsemble()
	return board
}

// printBoard lists the members of a sweep, the best first.
func printBoard(s *streams, w *sweep.Sweep, json bool) error {
	return showBoard(s, w, newBoard(w), json)
}

func showBoard(s *streams, w *sweep.Sweep, board boardJSON, json bool) error {
	if json {
		return s.printJSON(board)
	}
	t := table.New(s.out)
	varying := w.Varying()
	for _, i := range varying {
		t.Printf("%s\t", w.Params[i])
	}
	t.Printf("%s\tepoch\ttest_accuracy\ttime\tstatus\trun\n", w.Metric)
	for _, r := range board.Members {
		status, epoch := string(r.Status), "-"
		if status == "" {
			status = "waiting"
		}
		if r.Epoch > 0 {
			epoch = strconv.Itoa(r.Epoch) + "/" + strconv.Itoa(r.Epochs)
		}
		for _, i := range varying {
			t.Printf("%s\t", r.Values[i])
		}
		t.Printf("%s\t%s\t%s\t%s\t%s\t%s\n",
			orDash(r.Value), epoch, orDash(r.Accuracy), took(r.Seconds), status, r.Run)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := printSettings(s.out, w, board); err != nil {
		return err
	}
	if board.Left > 0 {
		s.logf("%s to go", words.Count(board.Left, "training"))
	}
	return nil
}

// printSettings lists the settings of a sweep over folds with mean and spread.
func printSettings(out io.Writer, w *sweep.Sweep, board boardJSON) error {
	if len(board.Settings) == 0 {
		return nil
	}
	t := table.New(out)
	t.Printf("\n")
	params := w.Params[:len(w.Params)-2] // without those of the folds
	for _, p := range params {
		t.Printf("%s\t", p)
	}
	t.Printf("folds\t%s\ttest_accuracy\n", w.Metric)
	for _, g := range board.Settings {
		for _, v := range g.Values {
			t.Printf("%s\t", v)
		}
		t.Printf("%d\t%v\t%v\n", len(g.Runs), g.Value, g.Accuracy)
	}
	if err := t.Flush(); err != nil || board.Ensemble == nil {
		return err
	}
	e := board.Ensemble
	_, err := words.Fprintf(out, "\nensemble of the %d models%s on %s test images: loss: %.4f accuracy: %.4f\n",
		len(e.Members), map[bool]string{true: " of the best setting"}[len(board.Settings) > 1], words.Commas(e.Examples), e.Loss, e.Accuracy)
	return err
}

// printMembers lists what a sweep would train.
func printMembers(s *streams, p sweep.Plan) error {
	t := table.New(s.out)
	row := func(head any, cells []string) {
		t.Printf("%v", head)
		for _, cell := range cells {
			t.Printf("\t%s", cell)
		}
		t.Printf("\n")
	}
	row("member", p.Params)
	for i, values := range p.Members {
		row(i+1, values)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(p.Stages) == 1 {
		return nil
	}
	for _, stage := range p.Stages {
		if err := s.printf("%s for %s\n", words.Count(stage.Members, "member"), words.Count(stage.Epochs, "epoch")); err != nil {
			return err
		}
	}
	return nil
}
