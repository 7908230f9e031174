package dataset

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cnntrain/internal/data/picture"
)

// litter is names, in lower case, of files and folders that operating systems and devices
// create in folders of photos. Some contain small copies of the photos.
var litter = map[string]bool{
	"__macosx": true, "@eadir": true, "#recycle": true, "@recycle": true, "$recycle.bin": true, // zip of macOS, NAS, Windows
	"lost+found": true, "system volume information": true, "found.000": true, "recycler": true,
	"thumbs.db": true, "ehthumbs.db": true, "ehthumbs_vista.db": true, "desktop.ini": true, "icon\r": true,
	"@__thumb": true, "@tmp": true, "#snapshot": true, ".ds_store": true, "synophoto_thumb": true,
}

// passedOver reports whether a file or folder is ignored at any depth: hidden ones,
// including "._cat.jpg" of macOS, and those of litter.
func passedOver(name string) bool {
	return strings.HasPrefix(name, ".") || litter[strings.ToLower(name)]
}

// isImage reports whether a file is treated as an image. The extension of an image is
// enough, so that an unreadable image is reported; other files are recognized by content.
func isImage(path string, e fs.DirEntry) bool {
	if passedOver(e.Name()) {
		return false
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".gif", ".bmp", ".dib", ".webp", ".tif", ".tiff",
		".heic", ".heif", ".hif", ".avif", ".jxl", ".jp2":
		return true
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() { // a pipe would block
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return true // the error is reported when it is read
	}
	defer file.Close()
	start := make([]byte, picture.HeadLength)
	n, _ := io.ReadFull(file, start)
	return picture.Kind(start[:n]) != ""
}
