/* bind_cases.h: the test cases in the nodes' .lua files. Layer 7.
 *
 * The chunk nodes/<family>/<file>.lua gets the maker of tensors, `c`, and returns a table: name of
 * the node -> { cases = { … }, grad = … }. docs/adding-a-node.md shows how to write cases. */
#ifndef TD_LUA_BIND_CASES_H
#define TD_LUA_BIND_CASES_H

#include "base/embed.h"
#include "measure/twin.h"

/* The embedded file nodes/<family>/….lua that speaks of the node ("["family.node"]"), or NULL. */
const td_embedded *td_cases_file(const td_node *node);
/* Adds the cases of a node to `out`, whose arena owns all of it: inputs in the dtypes they are
 * given, expected outputs in f64 and i64. A node without a file of cases (a plug-in) has none.
 * Mistakes in the file: TD_E_USAGE "file:line: …", and `out` is left empty. */
TD_MUST_USE bool td_cases_load(const td_registry *r, const td_node *node, td_cases *out, td_err *e);
/* The same from a file that is given; for tests. */
TD_MUST_USE bool td_cases_read(const td_registry *r, const td_node *node, const td_embedded *file,
                               td_cases *out, td_err *e);

#endif
