package callback

import "testing"

func TestMoreOfAScoreIsBetter(t *testing.T) {
	for name, want := range map[string]bool{
		"loss": false, "val_loss": false, "accuracy": true, "val_top_k_categorical_accuracy": true,
		"auc": true, "val_auc": true, "val_f1_score": true,
	} {
		if got := NewMonitor(name).Up(); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
