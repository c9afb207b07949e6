// Package device says in a person's words from where somebody signed in: "Chrome 141 on Android", "United Kingdom".
//
// Everything here comes from outside and is guessed: a User-Agent says what it likes, and an address is somewhere near its
// country. It informs; nothing may be allowed because of it. All of it works offline, without state, and for any input.
package device

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mileusna/useragent"
)

// Longest is how many bytes of a User-Agent are read and kept.
const Longest = 512

// Unknown is the device of a request that does not say anything usable.
const Unknown = "Unknown device"

// Clean gives the form of a User-Agent that is stored: valid UTF-8 on one line, at most [Longest] bytes, without anything
// that a terminal or a page would obey.
func Clean(userAgent string) string {
	var out strings.Builder
	space := false
	for len(userAgent) > 0 && out.Len() < Longest {
		r, size := utf8.DecodeRuneInString(userAgent)
		userAgent = userAgent[size:]
		switch {
		case r == utf8.RuneError, unicode.IsSpace(r), !unicode.IsPrint(r): // controls, and what reorders text, are not printable
			space = out.Len() > 0
			continue
		case space:
			out.WriteByte(' ')
			space = false
		}
		if out.Len()+utf8.RuneLen(r) > Longest {
			break
		}
		out.WriteRune(r)
	}
	return strings.TrimRight(out.String(), " ")
}

// Describe gives a short line for people: browser, its version, and the system it runs on.
func Describe(userAgent string) string {
	userAgent = Clean(userAgent)
	if userAgent == "" {
		return Unknown
	}
	ua := useragent.Parse(userAgent)
	name := known(ua.Name, userAgent)
	if name != "" {
		if major, _, _ := strings.Cut(ua.Version, "."); major != "" && len(major) <= 4 && strings.Trim(major, "0123456789") == "" {
			name += " " + major
		}
	}
	system := systemOf(ua)
	switch {
	case name != "" && system != "":
		return name + " on " + system
	case name != "":
		return name
	case system != "":
		return "A browser on " + system
	}
	return Unknown
}

// known gives a browser's name as people know it. Names that nobody knows are shown only when they look like a name: a
// User-Agent is written by whoever signs in, and it is read by staff.
func known(name, userAgent string) string {
	switch name {
	case useragent.HeadlessChrome:
		return "Chrome without a window"
	case "curl", "Wget", "PostmanRuntime", "HTTPie", "Go-http-client", "python-requests", "okhttp":
		return name
	}
	if name == userAgent && strings.ContainsAny(name, "/ ;()") || len(name) > 30 {
		return ""
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_.", r) {
			return ""
		}
	}
	return strings.TrimSpace(name)
}

func systemOf(ua useragent.UserAgent) string {
	switch ua.Device {
	case "iPhone", "iPad":
		return ua.Device
	}
	switch ua.OS {
	case useragent.Windows, useragent.Android, useragent.MacOS, useragent.IOS, useragent.Linux, useragent.FreeBSD,
		useragent.ChromeOS, useragent.BlackBerry, useragent.WindowsPhone:
		return ua.OS
	case useragent.Harmony:
		return "HarmonyOS"
	}
	return ""
}
