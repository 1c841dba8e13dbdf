/*
 * score_preset.h - formulas to begin with. The first one, "balanced", is that of every dataset
 * whose team chose none; changing it would change their scores.
 */
#ifndef LEADBOARD_SCORE_PRESET_H
#define LEADBOARD_SCORE_PRESET_H

#include "shared/str.h"

struct score_preset {
    const char *name;          /* in forms */
    const char *title, *about; /* for people */
    const char *rules;         /* JSON, as score_rule.h has it */
};
/* NULL past the end. */
const struct score_preset *score_preset(size_t i);
/* NULL: there is none of that name. */
const struct score_preset *score_preset_find(struct str name);

#endif
