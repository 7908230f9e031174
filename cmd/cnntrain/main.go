// Command cnntrain trains convolutional image classifiers from a YAML file.
package main

import (
	"context"
	"os"
	"time"

	"cnntrain/internal/experiment"
	"cnntrain/internal/shutdown"
)

// processStarted is approximately the start time of the process.
var processStarted = time.Now()

func main() { os.Exit(mainCode()) }

// mainCode runs the program with the process's arguments and streams.
func mainCode() int {
	experiment.HeedAddresses()
	ctx, stop := notifyContext(context.Background())
	defer stop()
	s := processStreams(ctx)
	returned := make(chan int, 1)
	go func() { returned <- run(ctx, os.Args[1:], s) }()
	select {
	case code := <-returned:
		return code
	case <-ctx.Done():
	}
	code, ok := shutdown.Wait(returned, func() {
		s.logf("stopping after this step and saving; a second signal ends the program at once")
	})
	if ok {
		shutdown.Clean(func() {})
		return code
	}
	shutdown.Clean(func() { s.logf("interrupted") })
	return exitSignaled(ctx)
}
