package actions

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"
	"path"
	"strings"
)

const jsonType = "application/json"

// body returns what is sent and its media type, nil when there is nothing to send.
func (in rawRequest) body() ([]byte, string, error) {
	switch {
	case in.hasForm():
		return in.multipart()
	case in.Data == nil:
		return nil, "", nil
	case in.Data[0] != '"':
		return in.Data, jsonType, nil
	}
	var text string
	if err := json.Unmarshal(in.Data, &text); err != nil {
		return nil, "", fmt.Errorf("data: %w", err)
	}
	if json.Valid([]byte(text)) {
		return []byte(text), jsonType, nil
	}
	return []byte(text), "text/plain; charset=utf-8", nil
}

func (in rawRequest) hasForm() bool { return len(in.FormData) > 0 || len(in.FileData) > 0 }

// multipart writes the form fields and then the files.
func (in rawRequest) multipart() ([]byte, string, error) {
	names := make(map[string]string)
	for _, row := range in.FileDataFileNames {
		names[row.Key] = row.Value
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, row := range in.FormData {
		if err := form.WriteField(row.Key, row.Value); err != nil {
			return nil, "", fmt.Errorf("form data: %w", err)
		}
	}
	for _, row := range in.FileData {
		name := names[row.Key]
		if name == "" {
			name = row.Key
		}
		content, mediaType, err := fileContent(row.Value)
		if err != nil {
			return nil, "", fmt.Errorf("file data: %w", err)
		}
		if mediaType == "" {
			mediaType = typeOfFile(name)
		}
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {multipart.FileContentDisposition(row.Key, name)},
			"Content-Type":        {mediaType},
		})
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			return nil, "", fmt.Errorf("file data: %w", err)
		}
	}
	if err := form.Close(); err != nil {
		return nil, "", fmt.Errorf("form data: %w", err)
	}
	return body.Bytes(), form.FormDataContentType(), nil
}

// fileContent is text as it stands. JSON cannot hold other bytes, which come as a data URL (RFC 2397) in Base64; the
// media type is then the URL's.
func fileContent(value string) (content []byte, mediaType string, err error) {
	head, encoded, found := strings.Cut(value, ";base64,")
	mediaType, isURL := strings.CutPrefix(head, "data:")
	if !found || !isURL {
		return []byte(value), "", nil
	}
	if mediaType != "" {
		if _, _, err := mime.ParseMediaType(mediaType); err != nil {
			return nil, "", errors.New("has a data URL without a proper media type")
		}
	}
	if content, err = base64.StdEncoding.DecodeString(encoded); err != nil {
		return nil, "", errors.New("has a data URL that is not proper Base64")
	}
	return content, mediaType, nil
}

func typeOfFile(name string) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
