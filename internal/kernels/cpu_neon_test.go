package kernels

import (
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Instructions that Go's assembler does not know are words in the assembly for arm64,
// with their mnemonics beside them. A disassembler reads the same from each word.
func TestWordsAreTheirMnemonics(t *testing.T) {
	const objdump = "aarch64-linux-gnu-objdump" // of Debian's binutils-aarch64-linux-gnu
	if _, err := exec.LookPath(objdump); err != nil {
		t.Skipf("no %s", objdump)
	}
	files, err := filepath.Glob("*_arm64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no assembly for arm64 (%v)", err)
	}
	mnemonics := map[uint32]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\tWORD \$0x([0-9A-F]{8}) // (.*)$`).FindAllStringSubmatch(string(text), -1) {
			word, err := strconv.ParseUint(m[1], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			mnemonics[uint32(word)] = m[2]
		}
		if words, read := strings.Count(string(text), "WORD"), strings.Count(string(text), "\tWORD $0x"); words != read {
			t.Errorf("%s: %d words, %d of them understood", file, words, read)
		}
	}
	words := slices.Sorted(maps.Keys(mnemonics))
	var code []byte
	for _, w := range words {
		code = binary.LittleEndian.AppendUint32(code, w)
	}
	name := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(name, code, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-b", "binary", "-m", "aarch64", name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	read := regexp.MustCompile(`(?m)^\s*[0-9a-f]+:\t([0-9a-f]{8}) \t(.*)$`).FindAllStringSubmatch(string(out), -1)
	if len(read) != len(words) {
		t.Fatalf("%d words, %d disassembled", len(words), len(read))
	}
	for i, m := range read {
		got := strings.ReplaceAll(m[2], "\t", " ")
		if want := mnemonics[words[i]]; m[1] != fmt.Sprintf("%08x", words[i]) || got != want {
			t.Errorf("%08x is %q, the assembly says %q", words[i], got, want)
		}
	}
}
