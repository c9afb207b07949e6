// Package smtp hands one message to one mail server, for one recipient.
//
// It promises:
//
//   - Exactly one recipient, and the one that was asked for: an address is taken apart again right before it is sent, and
//     what does not come out as it went in is refused ([CheckAddress]).
//   - No field of a [Message] can add a header, a recipient or a line of SMTP. Headers exist as typed values only, and
//     line breaks and other control characters are taken out of them.
//   - Passwords and mail cross the network under verified TLS or not at all. Only a server on this machine may go without.
//   - Every failure says what to do with the message: try again, give up, or call the operator ([Failure]); and whether the
//     message may have been taken all the same, which is why every message has its Message-ID before it is sent.
//   - No server can hold [Transport.Send] longer than [Patience].
//
// It knows nothing of queues, consent or templates, and it logs nothing.
package smtp
