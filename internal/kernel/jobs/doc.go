// Package jobs runs work after the transaction that asked for it: mail, purges, long tasks. It is River on either database.
//
// A job is enqueued in the same transaction as the change that needs it, so there is never one without the other; there is no
// way to enqueue outside of one. What a job does to state it does through the door again, as a named system actor or as its
// requester.
//
//	jobs.Handle(workers, sendMail, jobs.Timeout(30*time.Second))   // what is worked, and how
//	jobs.Every(workers, "mail.sweep", jobs.Daily(3, 30), Sweep{})  // what is due by the clock
//	q, err := jobs.Open(ctx, db, workers, jobs.Options{Log: log})  // workers nil: only to enqueue, as commands do
//	err = q.Start(ctx)                                             // works until Stop
//
// What holds:
//
//   - A job runs at least once after its transaction committed, and never when it was rolled back. At least once means that a
//     handler must bear being run again: a process may die after the work and before that was noted.
//
//   - A job whose process died is picked up by another within about 15 seconds, however long it may run (node.go).
//
//   - A handler that panics has failed, with its stack in the log; the process goes on. Failures are logged here, once. The
//     database keeps only the code of an error: its text may say more about people than may stand in the clear.
//
//   - A tracked job (Tracked) has a row that people can look at, with progress, and can be cancelled while it waits and while
//     it runs. Its states:
//
//     queued ──▶ running ──▶ done
//     │  ▲         │  ├────▶ failed       out of attempts, or the handler said Cancel
//     │  └─────────┘  │                   another attempt follows, a snooze, a shutdown
//     └───────────────┴────▶ cancelled    somebody asked for its end
//
// River's ids stay inside: on SQLite they are used again after a rollback.
package jobs
