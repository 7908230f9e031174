// Command asm writes the assembly of package kernels into the folder named by
// its argument: one file per family of kernels, in Go's assembler syntax. It is
// run by go generate.
package main

import (
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: asm FOLDER")
	}
	for name, write := range map[string]func(*file){
		"activation_amd64.s":          activationsAMD64,
		"sum_finite_amd64.s":          allFinites,
		"norm_batch_amd64.s":          batchNorms,
		"norm_layer_amd64.s":          layerNorms,
		"cpu_peak_amd64.s":            ceilings,
		"elementwise_dropout_amd64.s": dropouts,
		"elementwise_amd64.s":         elementwises,
		"pool_max_amd64.s":            maxPools,
		"product_tile_amd64.s":        tiles,
		"product_panels_amd64.s":      panels,
		"product_transpose_amd64.s":   transposes,
		"conv_winograd_amd64.s":       winograds,
		"conv_depthwise_amd64.s":      depthwises,
		"image_warp_amd64.s":          warps,

		"activation_arm64.s":          activationsNEON,
		"sum_finite_arm64.s":          zeroTimesNEON,
		"norm_batch_arm64.s":          batchNormsNEON,
		"norm_layer_arm64.s":          layerNormsNEON,
		"cpu_peak_arm64.s":            multiplyAddsNEON,
		"elementwise_dropout_arm64.s": dropoutNEON,
		"elementwise_arm64.s":         elementwisesNEON,
		"pool_max_arm64.s":            maxPoolsNEON,
		"product_tile_arm64.s":        tilesNEON,
		"product_panels_arm64.s":      panelsNEON,
		"product_transpose_arm64.s":   transposeNEON,
		"conv_winograd_arm64.s":       winogradsNEON,
		"conv_depthwise_arm64.s":      depthwisesNEON,
		"image_warp_arm64.s":          warpNEON,
	} {
		base := strings.TrimSuffix(name, ".s")
		f := newFile(base[strings.LastIndex(base, "_")+1:])
		write(f)
		if err := os.WriteFile(filepath.Join(os.Args[1], name), f.text.Bytes(), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
