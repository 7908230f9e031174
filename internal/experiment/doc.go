// Package experiment is the application: it decodes a spec, loads its data, trains, and
// writes the run folder, for a command line, a server or a test. It takes options as values
// and a context, reports progress to a [Listener], and writes nothing but the run folder.
// Package trained uses trained models:
//
//	func trainAndPredict(ctx context.Context) ([]trained.Prediction, error) {
//		e, err := experiment.Load("shapes.yaml", nil)
//		if err != nil {
//			return nil, err
//		}
//		run, err := e.Fit(ctx, experiment.Options{}) // or experiment.Resume(ctx, dir, …)
//		if err != nil {
//			return nil, err
//		}
//		m, err := trained.Open(run.Dir)
//		if err != nil {
//			return nil, err
//		}
//		return m.Predict(ctx, m.Net, []string{"photo.png"}, 3)
//	}
package experiment
