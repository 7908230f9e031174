package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"cnntrain/internal/runs"
	"cnntrain/internal/sweep"
	"cnntrain/internal/trained"
)

// ensembleFile keeps the evaluation of the ensemble of a sweep over folds. Whoever trains the
// last member writes it, which may be a task on a cluster; sweep status shows it.
const ensembleFile = "ensemble.json"

// readEnsemble adds the evaluation that is kept, if it is of the models of the best setting.
func (b *boardJSON) readEnsemble() {
	text, err := os.ReadFile(filepath.Join(b.Sweep, ensembleFile))
	var e trained.Evaluation
	if b.Left > 0 || len(b.Settings) == 0 || err != nil || json.Unmarshal(text, &e) != nil {
		return
	}
	var of []string
	for _, m := range e.Members {
		of = append(of, filepath.Dir(m.File))
	}
	if slices.Equal(of, b.Settings[0].Runs) {
		b.Ensemble = &e
	}
}

// finishFolds evaluates the ensemble of a sweep over folds when all members are trained, and
// keeps the result. It logs an error other than that of ctx: the members are trained.
func finishFolds(ctx context.Context, w *sweep.Sweep, board *boardJSON, dataDir string, s *streams) error {
	if board.Left > 0 || board.Ensemble != nil {
		return nil
	}
	e, err := ensembleOf(ctx, board.Settings, dataDir, s)
	if err == nil && e != nil {
		board.Ensemble = e
		err = (&runs.Run{Dir: w.Dir}).Write(ensembleFile, func(out io.Writer) error { return json.NewEncoder(out).Encode(e) })
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		s.logf("the ensemble of the folds could not be evaluated: %v", err)
	}
	return nil
}

// ensembleOf evaluates the models of the best setting of a sweep over folds together. It is nil
// if there are no test data or fewer than two models.
func ensembleOf(ctx context.Context, settings []sweep.Group, dataDir string, s *streams) (*trained.Evaluation, error) {
	if len(settings) == 0 || len(settings[0].Runs) < 2 || settings[0].Accuracy == nil {
		return nil, nil
	}
	members, err := openAll(settings[0].Runs, "")
	if err != nil {
		return nil, err
	}
	together, err := trained.Together(members, false)
	if err != nil {
		return nil, err
	}
	src := source(dataDir, false, s)
	src.Skipped, src.Warn = nil, nil // each member has said that
	on := trained.On{Source: src}
	var alone []*trained.Evaluation
	for i, m := range members {
		e, err := m.Evaluate(ctx, settings[0].Runs[i], on)
		if err != nil {
			return nil, err
		}
		alone = append(alone, e)
	}
	return trained.EvaluateTogether(ctx, fmt.Sprintf("ensemble of %d (mean)", len(members)), members, together, alone, on)
}
