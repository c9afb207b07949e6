// Package op is the one door: every change of state in Steward is an operation declared here and run by its engine.
//
// An [Action] is a typed value: its name, the permission it needs, whether it needs a step-up, how to find its target, and the
// function that does the work. [Do] runs it:
//
//	who is asking → load the target → may they know of it, and do this there → is the step-up fresh and for exactly this →
//	do it in one write transaction → diff before and after into the audit log → queue jobs in the same transaction → commit
//
// Reads are declared too, as a [Query] run by [Ask]; bookkeeping that is not audited is an [Upkeep] run by [Keep], limited to
// columns that say so. A row is written only through a declared [Table], which records what changed as it writes.
//
// The engine fails closed: no caller, an operation that is not in the catalogue, a field of an audited row without an audit tag,
// or a query that asked for no permission is refused, and the transaction is rolled back. Operations touch only the database:
// network work is a job queued in the same transaction. Operations never run operations; they share functions on *Tx.
package op
