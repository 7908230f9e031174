package callback

// ModelCheckpoint calls last after every epoch and best when the monitored
// figure has improved, or is not watched yet. Training that was interrupted, or
// ends with the weights of an earlier epoch, saves last where it stands.
func ModelCheckpoint(m *Monitor, best, last func(*State) error) Callback {
	return Callback{
		Epoch: func(s *State) error {
			better := s.Epoch <= m.From
			if !better {
				var err error
				if better, err = m.Improved(s.Logs); err != nil {
					return err
				}
			}
			if better {
				if err := best(s); err != nil {
					return err
				}
			}
			return last(s)
		},
		End: func(s *State) error {
			if s.Interrupted() || s.Err == nil && s.Restored > 0 {
				return last(s)
			}
			return nil
		},
		Watches: m,
	}
}
