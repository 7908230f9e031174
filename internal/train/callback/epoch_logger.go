package callback

import "time"

// An EpochLog is what EpochLogger has to say of a completed epoch.
type EpochLog struct {
	Epoch           int
	Logs            Logs
	LearningRate    float64 // of the last step
	Seconds         float64 // including validation
	ImagesPerSecond float64 // in training only
}

// EpochLogger calls write after each epoch. now returns the time.
func EpochLogger(imagesPerEpoch int, now func() time.Time, write func(*EpochLog) error) Callback {
	l := &epochLogger{images: imagesPerEpoch, now: now, write: write}
	return Callback{Start: l.start, Batch: l.batch, Epoch: l.epoch}
}

type epochLogger struct {
	images         int
	now            func() time.Time
	write          func(*EpochLog) error
	began, trained time.Time
	steps          int // steps of the epoch that were timed
}

func (l *epochLogger) start(*State) error {
	l.began = l.now()
	return nil
}

func (l *epochLogger) batch(*State) error {
	l.steps++
	l.trained = l.now()
	return nil
}

func (l *epochLogger) epoch(s *State) error {
	end := l.now()
	seconds, training := max(0, end.Sub(l.began).Seconds()), l.trained.Sub(l.began).Seconds() // the clock may be set back
	images := float64(l.images) * float64(l.steps) / float64(s.Steps)
	l.began, l.steps = end, 0
	return l.write(&EpochLog{s.Epoch, s.Logs, s.StepRate, seconds, images / max(training, 1e-9)})
}
