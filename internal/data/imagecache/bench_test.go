package imagecache

import "testing"

func BenchmarkGet(b *testing.B) {
	for name, o := range map[string]Options{"memory": {}, "folder": {Dir: b.TempDir(), MaxBytes: 1e9, Memory: 1}} {
		for kind, n := range map[string]int{"28x28x1": 784, "224x224x3": 150528} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				c := New(o)
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(i%255) + float32(n/1000)/1000
				}
				k := Key{byte(n)}
				c.Put(k, x)
				b.SetBytes(int64(4 * n))
				for b.Loop() {
					if !c.Get(k, x) {
						b.Fatal("not there")
					}
				}
			})
		}
	}
}
