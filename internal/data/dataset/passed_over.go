package dataset

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cnntrain/internal/data/picture"
)

// litter is names of files and folders that systems and devices leave in folders of
// photos, in lower case. Some of them hold small copies of the photos beside them.
var litter = map[string]bool{
	"__macosx": true, "@eadir": true, "#recycle": true, "@recycle": true, "$recycle.bin": true, // zip of macOS, NAS, Windows
	"lost+found": true, "system volume information": true, "found.000": true, "recycler": true,
	"thumbs.db": true, "ehthumbs.db": true, "ehthumbs_vista.db": true, "desktop.ini": true, "icon\r": true,
	"@__thumb": true, "@tmp": true, "#snapshot": true, ".ds_store": true, "synophoto_thumb": true,
}

// passedOver reports whether a file or folder is not looked at, at whatever depth it is:
// what is hidden, "._cat.jpg" of macOS among it, and what systems leave behind.
func passedOver(name string) bool {
	return strings.HasPrefix(name, ".") || litter[strings.ToLower(name)]
}

// isImage reports whether a file is taken for an image. What is called one is, so that
// nobody thinks that it was read when it could not be; other files are looked into.
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
	if err != nil || !info.Mode().IsRegular() { // a pipe would wait for ever
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return true // to be told of when it is read
	}
	defer file.Close()
	start := make([]byte, picture.HeadLength)
	n, _ := io.ReadFull(file, start)
	return picture.Kind(start[:n]) != ""
}
