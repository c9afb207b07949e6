// Package field holds the fields of a list, declared once: what a column is called in addresses, JSON and files, what people read
// above it, which permissions let somebody see it, where it stands in the database, and how it filters and sorts.
//
// Everything that a list shows or understands comes from the declaration, so a field that a viewer may not see is nowhere:
//
//	customers := &field.List[Person]{Name: "customers", Fields: []field.Field[Person]{…}, Sort: "-registered_at"}
//	seen := customers.For(viewer)              // once for each request: the fields that this viewer sees
//	request, err := seen.Parse(params, terms)  // unknown name 400, hidden field 403, wrong value 422
//	seen.Select(), seen.Into(&row)             // hidden columns are never fetched
//	seen.Columns(), seen.AppendJSON(dst, &row) // headers, cells, JSON
//
// A Request is what a list was asked for: filters, search, order, page. It renders back to its canonical address, so that a chip
// can link to the list without its filter and a header to the list in its order. The place where the next page begins is a Cursor,
// signed for one caller, list, set of filters and order.
//
// The package knows no table and no person: conditions and orders are SQL expressions that the list's owner puts together.
package field
