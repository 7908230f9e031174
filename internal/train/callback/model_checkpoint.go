package callback

// ModelCheckpoint calls save after every epoch in which the monitored metric has improved,
// or is not monitored yet.
func ModelCheckpoint(m *Monitor, save func(*State) error) Callback {
	return Callback{
		Epoch: func(s *State) error {
			if s.Epoch > m.From {
				better, err := m.Improved(s.Logs)
				if err != nil || !better {
					return err
				}
			}
			return save(s)
		},
		Watches: m,
		Kept:    m.kept(),
	}
}
