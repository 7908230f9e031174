// Command cnntrain trains convolutional image classifiers from a YAML file.
package main

import (
	"context"
	"os"
	"time"
)

// processStarted is approximately the start time of the process.
var processStarted = time.Now()

func main() { os.Exit(mainCode()) }

// mainCode runs the program with the process's arguments and streams.
func mainCode() int {
	ctx, stop := notifyContext(context.Background())
	defer stop()
	return run(ctx, os.Args[1:], processStreams())
}
