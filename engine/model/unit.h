/* unit.h: SI units of ports and values. Layer 1.
 *
 * A unit is a scale and the exponents of the seven SI base units, or a tag that stands for itself
 * (dB, prob, z). Units mix only when they are equal: volts and microvolts are not. No unit at all
 * ("known" false) fits everything: a pipeline gains checks as it declares units. */
#ifndef TD_MODEL_UNIT_H
#define TD_MODEL_UNIT_H

#include "../base/str.h"

enum { TD_N_BASE_UNITS = 7 }; /* m kg s A K mol cd */

typedef struct {
	bool known;
	int8_t half_exp[TD_N_BASE_UNITS]; /* exponents times two, so that sqrt(Hz) exists */
	int8_t tag;                       /* index + 1 into the table of tags, 0 none */
	double scale;                     /* one of this unit is `scale` of the SI unit */
} td_unit;

/* Values of the variables "?a" … "?z" of a node's unit strings. */
typedef struct {
	td_unit var[26];
} td_unit_vars;

/* Reads "V", "uV", "m/s^2", "V^2/Hz", "dB", "1". With `vars`, "?a" reads as the variable's unit. */
TD_MUST_USE bool td_unit_parse(const char *text, const td_unit_vars *vars, td_unit *unit,
                               td_err *e);
/* Text that reads back as the same unit; "no unit" when unknown. */
typedef struct {
	char text[128]; /* a scale and seven powers at their longest are 94 */
} td_unit_name;
td_unit_name td_unit_text(const td_unit *unit);

bool td_unit_equal(const td_unit *a, const td_unit *b);
/* Equal but for the scale: convertible, by the factor a.scale / b.scale. */
bool td_unit_alike(const td_unit *a, const td_unit *b);

#endif
