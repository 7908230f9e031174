package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// file returns a file of a header and a number of bytes of data.
func file(header string, data int) []byte {
	raw := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	raw = append(raw, header...)
	return append(raw, make([]byte, data)...)
}

// tensor returns a header with one tensor, "a".
func tensor(dtype, shape, offsets string) string {
	return `{"a":{"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets + `}}`
}

// two returns a header with two tensors of one value, "a" and "b".
func two(a, b string) string {
	return `{"a":{"dtype":"F32","shape":[1],"data_offsets":` + a + `},"b":{"dtype":"F32","shape":[1],"data_offsets":` + b + `}}`
}

func digest(value string) string {
	return `{"__metadata__":{"cnntrain.format":"1","cnntrain.sha256":"` + value + `"}}`
}

func TestEachDamageHasItsError(t *testing.T) {
	const ok = `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	length := func(n uint64) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, n), ok...)
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"empty file":          {nil, "truncated: the file is empty"},
		"part of the length":  {[]byte{1, 2, 3}, "truncated: the file has 3 bytes"},
		"another format":      {[]byte("\x89HDF\r\n\x1a\n and so on"), "not a safetensors file, or damaged: it asks for a header of 727905341903489161 bytes, the limit is 100000000"},
		"header over limit":   {length(maxHeader + 1), "the limit is 100000000"},
		"header of 2^64-1":    {length(1<<64 - 1), "the limit is 100000000"},
		"header over file":    {length(maxHeader), "truncated: the header should have 100000000 bytes, the file has 54 after its length"},
		"header of no length": {file("", 4), "not a safetensors file: its header does not start with {"},
		"header a list":       {file("[]", 0), "does not start with {"},
		"space before header": {file(" {}", 0), "does not start with {"},
		"truncated data":      {file(tensor("F32", "[62006]", "[0,248024]"), 1024), "truncated: header promises 248024 bytes of data, the file has 1024"},
		"trailing bytes":      {file(ok, 5), "trailing bytes: header promises 4 bytes of data, the file has 5"},
		"data of no tensor":   {file("{}", 8), "trailing bytes: header promises 0 bytes of data, the file has 8"},

		"JSON that ends":          {file(`{"a":{"dtype"`, 0), "not valid JSON: it ends too early"},
		"JSON without colon":      {file(`{"a" "b"}`, 0), "not valid JSON at byte 5"},
		"JSON with a comma":       {file(`{"a":{"dtype":"F32","shape":[1,],"data_offsets":[0,4]}}`, 4), "not valid JSON"},
		"something after it":      {file(ok+"{}", 4), "something follows its end"},
		"NUL as padding":          {file(ok+"\x00", 4), "something follows its end"},
		"name not UTF-8":          {file(strings.Replace(ok, "a", "\xff", 1), 4), "header is not valid UTF-8"},
		"name half a surrogate":   {file(strings.Replace(ok, "a", `\uD800`, 1), 4), "not valid Unicode"},
		"tensor twice":            {file(ok[:len(ok)-1]+","+ok[1:], 4), `header: "a" occurs twice`},
		"tensor twice, escaped":   {file(ok[:len(ok)-1]+","+strings.Replace(ok[1:], "a", `\u0061`, 1), 4), `"a" occurs twice`},
		"metadata twice":          {file(`{"__metadata__":{},"__metadata__":{}}`, 0), `"__metadata__" occurs twice`},
		"metadata key twice":      {file(`{"__metadata__":{"k":"1","k":"1"}}`, 0), `"k" occurs twice`},
		"field twice":             {file(`{"a":{"dtype":"F32","dtype":"F32"}}`, 0), `tensor "a": "dtype" occurs twice`},
		"metadata not an object":  {file(`{"__metadata__":[]}`, 0), `expected {, got "["`},
		"metadata not text":       {file(`{"__metadata__":{"k":1}}`, 0), `metadata "k": must be text, got "1"`},
		"tensor not an object":    {file(`{"a":3}`, 0), `tensor "a": expected {, got "3"`},
		"field unknown":           {file(`{"a":{"Dtype":"F32"}}`, 0), `tensor "a": unknown field "Dtype"`},
		"field missing":           {file(`{"a":{"dtype":"F32","shape":[1]}}`, 0), `tensor "a": needs dtype, shape and data_offsets`},
		"dtype not text":          {file(`{"a":{"dtype":null}}`, 0), `tensor "a": dtype: must be text`},
		"dtype of integers":       {file(tensor("I64", "[1]", "[0,8]"), 8), `tensor "a": dtype: "I64" is not supported; convert the tensor to F32`},
		"shape not a list":        {file(tensor("F32", "1", "[0,4]"), 4), `tensor "a": shape: expected [, got "1"`},
		"shape of text":           {file(tensor("F32", `["1"]`, "[0,4]"), 4), `shape: must be numbers, got "1"`},
		"shape that ends":         {file(`{"a":{"shape":[1`, 0), "it ends too early"},
		"shape negative":          {file(tensor("F32", "[-1]", "[0,4]"), 4), `tensor "a": shape: "-1" is negative`},
		"shape a fraction":        {file(tensor("F32", "[1.0]", "[0,4]"), 4), `shape: "1.0" is not a whole number`},
		"shape over 64 bits":      {file(tensor("F32", "[18446744073709551617]", "[0,4]"), 4), `"18446744073709551617" is too large`},
		"shape whose product is":  {file(tensor("F32", "[4294967296,4294967296]", "[0,0]"), 0), `tensor "a": shape [4294967296 4294967296] is too large`},
		"shape huge with a zero":  {file(tensor("F32", "[0,4294967296,4294967296]", "[0,0]"), 0), "is too large"},
		"shape gigantic":          {file(tensor("F32", "[1000000000000]", "[0,4000000000000]"), 4), "truncated: header promises 4000000000000 bytes of data, the file has 4"},
		"shape of 65 dimensions":  {file(tensor("F32", "["+strings.Repeat("1,", 64)+"1]", "[0,4]"), 4), "has more than 64 numbers"},
		"shape unlike the data":   {file(tensor("F32", "[2]", "[0,4]"), 4), `tensor "a": shape [2] needs 2 values of 4 bytes, data_offsets [0 4] give it 4 bytes`},
		"offsets backwards":       {file(tensor("F32", "[1]", "[4,0]"), 4), `tensor "a": data_offsets [4 0] end before they begin`},
		"offsets negative":        {file(tensor("F32", "[1]", "[-4,0]"), 4), `data_offsets: "-4" is negative`},
		"offsets too large":       {file(tensor("F32", "[1]", "[0,9223372036854775808]"), 4), "is too large"},
		"offsets of one number":   {file(tensor("F32", "[1]", "[0]"), 4), "data_offsets: must be two numbers"},
		"offsets of three":        {file(tensor("F32", "[1]", "[0,4,8]"), 4), "data_offsets: has more than 2 numbers"},
		"hole at the start":       {file(tensor("F32", "[1]", "[4,8]"), 8), `tensor "a": its data starts at byte 4, but bytes from 0 on belong to no tensor`},
		"hole between":            {file(two("[0,4]", "[8,12]"), 12), `tensor "b": its data starts at byte 8, but bytes from 4`},
		"overlap":                 {file(two("[0,4]", "[2,6]"), 6), `tensor "b": its data starts at byte 2, inside that of "a"`},
		"two at one place":        {file(two("[0,4]", "[0,4]"), 4), `tensor "b": its data starts at byte 0, inside that of "a"`},
		"F64 beyond F32":          {append(file(tensor("F64", "[1]", "[0,8]"), 0), 0, 0, 0, 0, 0, 0, 0xf0, 0x7e), `tensor "a": F64 value 2.7`},
		"digest of another file":  {file(digest(zeroDigest), 0), "damaged: the content does not match its SHA-256 digest"},
		"digest too short":        {file(digest("00"), 0), `metadata "cnntrain.sha256" is not 64 hexadecimal digits`},
		"digest with an escape":   {file(digest(`\u0030`+zeroDigest[1:]), 0), "is not 64 hexadecimal digits"},
		"digest empty":            {file(digest(""), 0), "is not 64 hexadecimal digits"},
		"digest without format":   {file(`{"__metadata__":{"cnntrain.sha256":"`+zeroDigest+`"}}`, 0), "damaged"},
		"format without digest":   {file(`{"__metadata__":{"cnntrain.format":"1"}}`, 0), "metadata has only one of"},
		"format of a later time":  {file(`{"__metadata__":{"cnntrain.format":"2"}}`, 0), "written by a newer cnntrain"},
		"name as long as the day": {file(`{"`+strings.Repeat("x", 5000)+`":3}`, 0), `xxx"...: expected {`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.safetensors")
			if err := os.WriteFile(path, c.raw, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path)
			wantError(t, err, path+": ", c.want)
			if err != nil && len(err.Error()) > len(path)+300 {
				t.Errorf("the error has %d bytes, too many for a line", len(err.Error()))
			}
		})
	}
	if _, err := decode(file(ok+" \n ", 4)); err != nil {
		t.Errorf("the header that the cases spoil is not sound itself: %v", err)
	}
}

func TestEveryBitFlipIsFound(t *testing.T) {
	for name, f := range map[string]*File{"golden": golden(), "nothing": {}} {
		raw := encode(t, f)
		for at := range len(raw) * 8 {
			raw[at/8] ^= 1 << (at % 8)
			if _, err := decode(raw); err == nil {
				t.Errorf("%s: bit %d of byte %d (%q) can flip unseen", name, at%8, at/8, raw[max(0, at/8-8):at/8+1])
			}
			raw[at/8] ^= 1 << (at % 8)
		}
	}
}

func TestEveryTruncationIsFound(t *testing.T) {
	raw := encode(t, golden())
	for n := range raw {
		_, err := decode(raw[:n])
		wantError(t, err, "truncated: ")
	}
	for n := range raw { // the file shrinks after its size was read
		_, err := Decode(bytes.NewReader(raw[:n]), int64(len(raw)))
		wantError(t, err, "truncated: the file became shorter while it was read")
	}
}

func TestReadingErrorsAreNotTakenForTruncation(t *testing.T) {
	_, err := Decode(iotest.ErrReader(syscall.EIO), 100)
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v, want EIO", err)
	}
	raw := encode(t, golden())
	_, err = Decode(io.MultiReader(bytes.NewReader(raw[:len(raw)-1]), iotest.ErrReader(syscall.EIO)), int64(len(raw)))
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v, want EIO", err)
	}
}

func TestWhatIsNotAFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	_, err := Read(filepath.Join(dir, "absent"))
	wantError(t, err, filepath.Join(dir, "absent")+": no such file or directory")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("errors.Is does not see fs.ErrNotExist")
	}
	_, err = Read(dir)
	wantError(t, err, dir+": is a folder")
	_, err = Read(os.DevNull)
	wantError(t, err, os.DevNull+": is not a regular file")
}

// A header within the byte limit can still contain so many names that parsing takes long.
func TestAHeaderOfCountlessNamesIsRefused(t *testing.T) {
	const empty = `:{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`
	list := func(n int, value string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%d"%s`, i, value)
		}
		return "{" + b.String()[1:] + "}"
	}
	if _, err := decode(file(list(maxNames, empty), 0)); err != nil {
		t.Errorf("%d tensors: %v", maxNames, err)
	}
	for name, raw := range map[string][]byte{
		"tensors":  file(list(maxNames+1, empty), 0),
		"metadata": file(`{"__metadata__":`+list(maxNames+1, `:""`)+`}`, 0),
	} {
		_, err := decode(raw)
		wantError(t, err, "has more than 65536 names: damaged, or not a model")
		if err == nil {
			t.Error(name)
		}
	}
}

func TestSmallFileTakesLittleMemory(t *testing.T) {
	for name, raw := range map[string][]byte{
		"gigantic shape": file(tensor("F32", "[1000000000]", "[0,4000000000]"), 4),
		"header size":    append(binary.LittleEndian.AppendUint64(nil, maxHeader-1), '{'),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := decode(raw); err == nil {
			t.Errorf("%s: no error", name)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, n, len(raw))
		}
	}
}

// FuzzDecode checks that no input makes Decode panic or take much memory, and that accepted
// files survive a round trip.
func FuzzDecode(f *testing.F) {
	f.Add(encode(f, golden()))
	f.Add(encode(f, &File{}))
	f.Add(file(two("[0,4]", "[4,8]"), 8))
	f.Add(file(tensor("F16", "[2]", "[0,4]"), 4))
	f.Add(file(tensor("BF16", "[2]", "[0,4]"), 4))
	f.Add(file(tensor("F64", "[1]", "[0,8]"), 8))
	f.Add(file(`{"__metadata__":{"k":"v"}}`, 0))
	if raw, err := os.ReadFile(filepath.Join("testdata", "python.safetensors")); err == nil {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := decode(raw)
		if err != nil {
			return
		}
		values := 0
		for _, x := range got.Tensors {
			values += len(x.Data)
		}
		if values > len(raw) {
			t.Fatalf("%d values out of %d bytes", values, len(raw))
		}
		again, err := decode(encode(t, got))
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, again, got)
	})
}
