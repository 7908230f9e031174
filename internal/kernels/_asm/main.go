// Command asm writes the assembly of package kernels into the folder named by
// its argument: one file per family of kernels, in Go's assembler syntax. It is
// run by go generate.
package main

import (
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: asm FOLDER")
	}
	for name, write := range map[string]func(*file){
		"all_finite_amd64.s":  allFinites,
		"batch_norm_amd64.s":  batchNorms,
		"ceiling_amd64.s":     ceilings,
		"dropout_amd64.s":     dropouts,
		"elementwise_amd64.s": elementwises,
		"max_pool2d_amd64.s":  maxPools,
		"tile_amd64.s":        tiles,
		"panels_amd64.s":      panels,
		"transpose_amd64.s":   transposes,
		"winograd_amd64.s":    winograds,
		"warp_amd64.s":        warps,
	} {
		f := newFile()
		write(f)
		if err := os.WriteFile(filepath.Join(os.Args[1], name), f.text.Bytes(), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
