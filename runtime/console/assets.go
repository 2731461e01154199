package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed assets templates
var files embed.FS

// assetVersion is a digest of all assets together: the scripts import each other by relative addresses, so a change of
// one moves them all.
var assetVersion = digestAssets()

func digestAssets() string {
	h := sha256.New()
	entries, err := fs.ReadDir(files, "assets")
	for _, entry := range entries {
		raw, readErr := files.ReadFile("assets/" + entry.Name())
		if err = readErr; err != nil {
			break
		}
		h.Write([]byte(entry.Name()))
		h.Write(raw)
	}
	if err != nil {
		panic("console: embedded assets: " + err.Error())
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// asset returns the address of a file, which changes with its content.
func asset(name string) string { return "/assets/" + assetVersion + "/" + name }

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	raw, err := files.ReadFile("assets/" + name)
	if err != nil || strings.Contains(name, "..") {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	h := w.Header()
	if r.PathValue("version") == assetVersion {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Content-Type", contentType(name))
	_, _ = w.Write(raw) //nolint:gosec // our own file; the browser has gone if this fails
}

func contentType(name string) string {
	if strings.HasSuffix(name, ".js") {
		return "text/javascript; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}
