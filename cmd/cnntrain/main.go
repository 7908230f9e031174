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

// mainCode runs the program on the process's own arguments and streams.
func mainCode() int {
	// The first signal asks for a stop between two steps; a second one, once
	// stop has put the default back, ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], processStreams())
}
