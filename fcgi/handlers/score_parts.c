#include "fcgi/handlers/score_parts.h"

#include "fcgi/score_draw.h"

/* One that is gone (it never should be) leaves the parts without their rules. */
static enum err load_formula(struct web *web, int32_t version, struct score_formula *out)
{
    enum err err = score_formula_get(web->ctx, web->db, web->session.dataset, version, out);
    if (err == ERR_NOT_FOUND) {
        score_formula_make(web->ctx->arena, version, NULL, 0, out);
        return ERR_NONE;
    }
    return err;
}

static enum err load_hits(struct web *web, int64_t lead, const struct score_formula *formula,
                          struct sql_score_cause_hits_rows *out)
{
    *out = (struct sql_score_cause_hits_rows){.n = 0};
    if (formula->n_patterns == 0) {
        return ERR_NONE;
    }
    return sql_score_cause_hits(
        web->db,
        &(struct sql_score_cause_hits_in){.dataset = web->session.dataset,
                                          .lead = lead,
                                          .patterns = {formula->patterns, formula->n_patterns}},
        out);
}

static enum err load_tags(struct web *web, int64_t lead, const struct score_formula *formula,
                          struct sql_score_cause_tags_rows *out)
{
    *out = (struct sql_score_cause_tags_rows){.n = 0};
    if (formula->n_tags == 0) {
        return ERR_NONE;
    }
    return sql_score_cause_tags(
        web->db,
        &(struct sql_score_cause_tags_in){.dataset = web->session.dataset,
                                          .lead = lead,
                                          .tags = {formula->tags, formula->n_tags}},
        out);
}

enum err score_parts_load(struct web *web, int64_t lead, struct str parts,
                          struct score_parts *out)
{
    struct score_formula formula;
    struct sql_score_cause cause;
    struct sql_score_cause_hits_rows hits;
    struct sql_score_cause_tags_rows tags;
    int32_t version = score_draw_version(web->ctx, parts);
    TRY(load_formula(web, version, &formula));
    TRY(sql_score_cause(
        web->db, &(struct sql_score_cause_in){.dataset = web->session.dataset, .lead = lead},
        &cause));
    TRY(load_hits(web, lead, &formula, &hits));
    TRY(load_tags(web, lead, &formula, &tags));
    const struct score_draw draw = {.formula = &formula,
                                    .parts = parts,
                                    .lead = lead,
                                    .cause = &cause,
                                    .hits = &hits,
                                    .tags = &tags};
    *out = (struct score_parts){
        .version = version, .v = score_draw_parts(web->ctx, &draw), .n = formula.n_rules};
    return ERR_NONE;
}
