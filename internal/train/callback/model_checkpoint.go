package callback

// ModelCheckpoint calls last after every epoch and best when the monitored
// figure has improved. Training that was interrupted saves last where it stands.
func ModelCheckpoint(m *Monitor, best, last func(*State) error) Callback {
	return Callback{
		Epoch: func(s *State) error {
			improved, err := m.Improved(s.Logs)
			if err != nil {
				return err
			}
			if improved {
				if err := best(s); err != nil {
					return err
				}
			}
			return last(s)
		},
		End: func(s *State) error {
			if s.Interrupted() {
				return last(s)
			}
			return nil
		},
		Watches: m,
	}
}
