// Package password keeps what a person knows: it hashes and verifies passwords, and it says which ones are good enough.
//
// Three promises:
//
//   - A [Hasher] never runs more hashes at once than there are cores less one, and never lets more people wait than it can
//     serve within about a second: the others hear [ErrBusy] at once. A flood of sign-ins slows sign-ins, and nothing else.
//   - Nothing that is stored decides how much work is done: a hash that asks for more memory or time than [Limit] is refused
//     unread, and an unknown account costs what a known one costs ([Hasher.Dummy]).
//   - A [Policy] is plain data. Every knob has bounds, and every knob that makes the installation weaker than the default
//     says so in a sentence ([Policy.Weaknesses]).
//
// The word lists for [Policy.Check] cost no memory until somebody chooses a password; words.go has the figures.
//
// Sources of the numbers: NIST SP 800-63B-4, PCI DSS 4.0.1 section 8.3, OWASP's password storage cheat sheet, security.md A0.
package password
