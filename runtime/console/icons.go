package console

import "html/template"

// icons are drawn in the text's colour on a grid of 24. They repeat what is written beside them, so readers skip them.
var icons = map[string]string{
	"mark": `<circle cx="7" cy="12" r="4"/><circle cx="18" cy="6" r="2.5"/><circle cx="18" cy="18" r="2.5"/>` +
		`<path d="m10.600 10.400 5-3M10.600 13.600l5 3"/>`,
	"overview":      `<path d="M4 13h7V4H4zM13 20h7v-9h-7zM4 20h7v-4H4zM13 8h7V4h-7z"/>`,
	"actions":       `<path d="M13 3 5 14h6l-1 7 8-11h-6z"/>`,
	"connections":   `<path d="M9 7V3M15 7V3M7 7h10v4a5 5 0 0 1-10 0zM12 16v5"/>`,
	"subscriptions": `<path d="M5 11a7 7 0 0 1 14 0c0 5 2 6 2 6H3s2-1 2-6M10 20a2 2 0 0 0 4 0"/>`,
	"deliveries":    `<path d="M3 12 21 4l-6 17-4-7zM11 14l10-10"/>`,
	"audit":         `<path d="M6 3h9l4 4v14H6zM15 3v4h4M9 11h7M9 15h7M9 18h4"/>`,
	"sandbox":       `<path d="M9 3h6M10 3v6L5 18a2 2 0 0 0 2 3h10a2 2 0 0 0 2-3l-5-9V3M7.500 14h9"/>`,
	"sun": `<circle cx="12" cy="12" r="4"/>` +
		`<path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2"/>`,
	"moon":   `<path d="M20 14A8.500 8.500 0 0 1 10 4a8.500 8.500 0 1 0 10 10z"/>`,
	"out":    `<path d="M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9"/>`,
	"alert":  `<path d="M12 3 2 20h20zM12 10v4M12 17v.1"/>`,
	"check":  `<path d="m4 12 5 6L20 6"/>`,
	"copy":   `<path d="M9 9h11v12H9zM5 15H4V3h11v2"/>`,
	"plus":   `<path d="M12 5v14M5 12h14"/>`,
	"arrow":  `<path d="M5 12h14M13 6l6 6-6 6"/>`,
	"user":   `<circle cx="12" cy="8" r="4"/><path d="M4 21c0-5 4-7 8-7s8 2 8 7"/>`,
	"search": `<circle cx="11" cy="11" r="6"/><path d="m16 16 5 5"/>`,
}

func icon(name string) template.HTML {
	//nolint:gosec // constants
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">` + icons[name] + `</svg>`)
}
