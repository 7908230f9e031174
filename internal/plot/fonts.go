package plot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"cnntrain/internal/shutdown"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/fontscan"
	"github.com/go-text/typesetting/language"
)

// embedded is the font in the program, which gonum uses too.
var embedded = sync.OnceValue(func() *font.Face {
	face, err := font.ParseTTF(bytes.NewReader(liberationsansregular.TTF))
	if err != nil {
		panic(err) // from trusted data only
	}
	return face
})

func embeddedHas(r rune) bool {
	_, ok := embedded().Font.NominalGlyph(r)
	return ok
}

// fonts selects a font for each character: the embedded one, else one of the system, else
// the embedded one with its box for missing characters. System fonts are searched when the
// first character needs one.
type fonts struct {
	system   *fontscan.FontMap // nil until then
	searched bool
	script   language.Script
	noted    map[rune]bool
	missing  []rune // recorded, and not reported yet
}

// SetScript sets the script of the next characters.
func (f *fonts) SetScript(s language.Script) { f.script = s }

// ResolveFace returns a font for r.
func (f *fonts) ResolveFace(r rune) *font.Face {
	if embeddedHas(r) {
		return embedded()
	}
	if !f.searched {
		f.searched, f.system = true, systemFonts()
	}
	if f.system != nil {
		f.system.SetScript(f.script)
		if face := f.system.ResolveFace(r); face != nil {
			if _, ok := face.NominalGlyph(r); ok {
				face.SetVariations([]font.Variation{{Tag: opentype.MustNewTag("wght"), Value: 400}})
				return face
			}
		}
	}
	return embedded()
}

// note records characters that no font has.
func (f *fonts) note(missing []rune) {
	for _, r := range missing {
		if !f.noted[r] {
			if f.noted == nil {
				f.noted = map[rune]bool{}
			}
			f.noted[r] = true
			f.missing = append(f.missing, r)
		}
	}
}

// Missing returns the characters that no font on this system has, and that therefore are
// drawn as boxes, in pictures since the last call. It returns each character once.
func Missing() []rune {
	shaper.Lock()
	defer shaper.Unlock()
	missing := shaper.missing
	shaper.missing = nil
	return missing
}

// TellMissing writes a line about Missing characters, if there are any.
func TellMissing(logf func(format string, args ...any)) {
	missing := Missing()
	if len(missing) == 0 {
		return
	}
	const told = 20
	more := ""
	if len(missing) > told {
		missing, more = missing[:told], fmt.Sprintf(" and %d more", len(missing)-told)
	}
	logf("no font here has %s%s, which pictures show as boxes; install one that does, such as Noto", string(missing), more)
}

// systemFonts returns the fonts of the system, nil if there are none.
func systemFonts() *fontscan.FontMap {
	dir, err := indexDir()
	if err != nil {
		if dir, err = os.MkdirTemp("", "cnntrain-fonts-"); err != nil {
			return nil
		}
		defer shutdown.Remove(dir)()
		defer os.RemoveAll(dir)
	}
	found := fontscan.NewFontMap(silent{})
	if err := found.UseSystemFonts(dir); err != nil {
		return nil
	}
	found.SetQuery(fontscan.Query{Families: []string{fontscan.SansSerif}})
	return found
}

// indexDir is the folder in which fontscan saves its index of fonts; it does not search
// without one. It is an error if the folder is not writable.
func indexDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "cnntrain", "fonts")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	probe, err := os.CreateTemp(dir, "probe-")
	if err != nil {
		return "", err
	}
	probe.Close()
	return dir, os.Remove(probe.Name())
}

// silent discards fontscan's messages about fonts that it skips.
type silent struct{}

func (silent) Printf(string, ...any) {}
