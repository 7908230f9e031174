// Package specs holds the seed specs, for commands that need one without a file.
package specs

import _ "embed"

// LeNet5 is lenet5.yaml.
//
//go:embed lenet5.yaml
var LeNet5 []byte
