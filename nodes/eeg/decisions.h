/* decisions.h: comparing integers of a call with the oracle's. Host only. */
#ifndef TD_NODES_EEG_DECISIONS_H
#define TD_NODES_EEG_DECISIONS_H

#include "tandem.h"

/* Element i of an integer tensor: `ref` has i64, whatever the port's type. */
static inline int64_t decision_at(const td_tensor *t, int64_t i)
{
	return t->dtype == TD_I64   ? ((const int64_t *)t->data)[i]
	       : t->dtype == TD_I32 ? ((const int32_t *)t->data)[i]
	                            : ((const uint8_t *)t->data)[i];
}

/* Notes one decision: did it differ, could rounding make it differ, and where. */
static inline void decision_note(td_decisions *d, int64_t at, bool differs, bool risk, bool wrong)
{
	d->n++;
	d->at_risk += risk;
	d->flips += differs;
	d->wrong += wrong;
	if (differs && d->worst < 0)
		d->worst = at;
}

#endif
