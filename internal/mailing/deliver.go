package mailing

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing/smtp"
)

// Transport hands one message to a mail server.
type Transport interface {
	Send(ctx context.Context, m smtp.Message) error
}

// Postman sends what is in the outbox. Without a transport mail waits there, and is sent when there is one, unless it has expired.
type Postman struct {
	Door      *op.Door
	Transport Transport // nil: none is set
	From      smtp.Address
	PublicURL string // links are made of it
	Keep      bool   // the demo: mail is shown, not sent, and counts as sent
	Log       *slog.Logger

	sending sync.Map // ids of mails on their way in this process
}

// Actor is who sends mail, in the log and to the door.
var Actor = op.SystemActor("postman", access.SystemConfigure)

// Deliver sends one mail. It is the handler of the Deliver job: an error makes the queue try again later.
func (p *Postman) Deliver(ctx context.Context, job *jobs.Job[Deliver]) error {
	// What waited when the server started is queued again (Requeue), beside the job that it had: the first of them sends.
	if _, begun := p.sending.LoadOrStore(job.Args.Mail, true); begun {
		return nil
	}
	defer p.sending.Delete(job.Args.Mail)
	mail, err := op.Ask(ctx, p.Door, Actor, ForSending, job.Args.Mail)
	if errors.Is(err, errs.ErrNotFound) {
		return nil
	}
	if err != nil && errs.Of(err).Kind == errs.Gone { // archived or erased since: no mail any more
		return p.mark(ctx, job.Args.Mail, Expired, "")
	}
	if err != nil {
		return err
	}
	switch {
	case mail.State != Waiting:
		return nil
	case mail.Overdue(p.Door.Now()):
		return p.mark(ctx, mail.ID, Expired, "")
	case p.Keep:
		return p.mark(ctx, mail.ID, Sent, "")
	case p.Transport == nil:
		return nil
	}
	text, html, err := Render(mail.Letter, p.PublicURL)
	if err != nil {
		return err
	}
	sending := smtp.Message{
		From: p.From, To: smtp.Address{Email: mail.To}, Subject: mail.Letter.Subject, Text: text, HTML: html,
		MessageID: smtp.NewMessageID(mail.ID, p.From), Date: time.UnixMilli(mail.MadeAt), Headers: smtp.Headers{Automatic: true},
	}
	err = p.Transport.Send(ctx, sending)
	if err == nil {
		return p.mark(ctx, mail.ID, Sent, "")
	}
	problem := errs.Of(err).Detail
	var failure *smtp.Failure
	if errors.As(err, &failure) {
		problem = failure.Error() // without the server's own words, which may repeat the address
	}
	if smtp.VerdictOf(err) == smtp.Permanent || job.Attempt >= job.Attempts {
		return errors.Join(p.mark(ctx, mail.ID, Failed, problem), jobs.Cancel(err))
	}
	return errors.Join(err, p.mark(ctx, mail.ID, Waiting, problem))
}

func (p *Postman) mark(ctx context.Context, mail string, s State, problem string) error {
	_, err := op.Keep(ctx, p.Door, Actor, Mark, Outcome{Mail: mail, State: s, Problem: problem})
	return err
}

// Requeue queues the mail that waited while there was no server to send it to. New mail goes before it.
var Requeue = &op.Upkeep[op.None, int]{
	Name: "mail.requeue", Summary: "Queue again the mail that waits",
	Do: func(tx *op.Tx, _ op.None) (int, error) {
		waiting, err := Mails.All(tx, "where state = 'waiting' order by made_at limit 10000")
		if err != nil {
			return 0, err
		}
		for _, m := range waiting {
			if err := tx.Enqueue(Deliver{Mail: m.ID}, jobs.Unique(), jobs.Bulk()); err != nil {
				return 0, err
			}
		}
		return len(waiting), nil
	},
}
