/* input.h: input files of a graph: headers before the run, data for it. Layer 1.
 *
 * The ending of the name says the format: .npy; .csv, which is f64 [rows, columns] (one column may also be
 * declared as [rows]); .safetensors, of which the input names one tensor, and where f16 and bf16 are read
 * as f32 if that is declared. Big-endian and Fortran-order .npy files are put right; the dtype must be
 * the declared one. */
#ifndef TD_MODEL_INPUT_H
#define TD_MODEL_INPUT_H

#include "graph.h"

/* Where the file of an input lies: its path, or its place in the fetch cache. Freed by the caller;
 * NULL when the pipeline gave neither, or a URL without a pin. */
char *td_input_path(const td_input *in);

/* Reads the headers of all files that are there, checks dtype and rank, and fixes the symbols that
 * their shapes name (a symbol's lo = hi = extent). A URL that is not in the cache yet, or an input
 * without a file, leaves its symbols open. Errors name the input and the file: TD_E_DATA. */
TD_MUST_USE bool td_inputs_open(td_graph *g, td_err *e);

/* The data of one input: memory aligned to 4096 bytes, freed by the caller. */
typedef struct {
	td_tensor tensor; /* .data owned */
	td_sha256 sha;    /* of the file's bytes */
	int64_t bytes;    /* size of the file */
	int64_t stamp[3]; /* which file it was, and when it was written last */
} td_input_data;
/* Reads, converts byte order and element order, verifies the pin and that dims are what td_inputs_open
 * found. `same`: what was loaded before from a file of that path, or NULL; if the file is still the same
 * one, a tensor in the middle of it is read without all that is around it. */
TD_MUST_USE bool td_input_load(const td_graph *g, int input, const td_input_data *same,
                               td_input_data *out, td_err *e);
void td_input_data_fini(td_input_data *d);

/* Fetches every URL that is not in the cache; one without a pin is an error. */
TD_MUST_USE bool td_inputs_fetch(const td_graph *g, td_err *e);

#endif
