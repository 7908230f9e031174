// Command cnntrain trains convolutional image classifiers from a YAML file.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// processStarted is about when the process did.
var processStarted = time.Now()

func main() { os.Exit(mainCode()) }

// burst is how long signals after the first one are taken for the same: a parent that
// is killed sends one for each of its threads.
const burst = 200 * time.Millisecond

// mainCode runs the program on the process's own arguments and streams.
func mainCode() int {
	// The first signal asks for a stop between two steps; a second one, once
	// stop has put the default back, ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(burst, stop) })
	return run(ctx, os.Args[1:], processStreams())
}
