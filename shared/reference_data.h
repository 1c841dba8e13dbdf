/*
 * reference_data.h - the tables made by shared/tools/reference.mjs; only reference.c uses them.
 *
 * Word i of a table is the text from at[i] to at[i + 1]; the words are sorted by bytes.
 */
#ifndef LEADBOARD_REFERENCE_DATA_H
#define LEADBOARD_REFERENCE_DATA_H

#include <stddef.h>
#include <stdint.h>

extern const char reference_mail_text[], reference_referrer_text[], reference_source_text[];
extern const uint32_t reference_mail_at[], reference_referrer_at[], reference_source_at[];
extern const size_t reference_mail_n, reference_referrer_n, reference_source_n;
extern const char reference_country_text[], reference_country_name_text[];
extern const uint32_t reference_country_at[], reference_country_name_at[]; /* one order */
extern const size_t reference_country_n, reference_country_name_n;
extern const uint8_t reference_referrer_kind[];    /* enum reference_kind */
extern const uint16_t reference_referrer_source[]; /* place in the source table */

#endif
