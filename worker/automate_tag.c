#include "shared/channel.h"
#include "shared/facts.h"
#include "shared/tagging.h"
#include "worker/automate_dry.h"

#define PROPERTIES_MAX 200 /* of a company or person, when an automation adds one */

/* Whom an action is about: companies or people, each once, with whose doing it was. */
struct targets {
    int64_t *ids;
    struct str *causes;
    int16_t *depths;
    struct candidate **of;
    size_t n;
};

static bool is_among(const struct targets *targets, int64_t id)
{
    for (size_t i = 0; i < targets->n; i++) {
        if (targets->ids[i] == id) {
            return true;
        }
    }
    return false;
}

static bool has_id(struct sql_i64s ids, int64_t id)
{
    for (size_t i = 0; i < ids.n; i++) {
        if (ids.v[i] == id) {
            return true;
        }
    }
    return false;
}

static struct targets find_targets(struct act *act, bool person, const char *not_done)
{
    struct arena *arena = act->round->arena;
    struct targets targets = {.ids = ARENA_ARRAY(arena, act->n, int64_t),
                              .causes = ARENA_ARRAY(arena, act->n, struct str),
                              .depths = ARENA_ARRAY(arena, act->n, int16_t),
                              .of = ARENA_ARRAY(arena, act->n, struct candidate *)};
    for (size_t i = 0; i < act->n; i++) {
        int64_t id = person ? act->v[i]->lead : act->v[i]->account;
        if (id == 0) {
            act_did(act, act->v[i], false, false, "%s: %s", not_done,
                    person ? "it is not known which person it was" : "no company is known");
        } else if (is_among(&targets, id)) {
            act_did(act, act->v[i], false, false, "Done with another of the company just now");
        } else {
            targets.ids[targets.n] = id;
            targets.causes[targets.n] = act->v[i]->cause_json;
            targets.depths[targets.n] = (int16_t)(act->v[i]->depth + 1);
            targets.of[targets.n++] = act->v[i];
        }
    }
    return targets;
}

/* ---- tags ---- */

static enum err find_tagged(struct act *act, const struct automation_action *action,
                            const struct targets *targets, struct sql_i64s *out)
{
    struct sql_automate_tagged row;
    if (act->round->dry != NULL) {
        return dry_tagged(act, action, targets->ids, targets->of, targets->n, out);
    }
    const struct sql_i64s ids = {targets->ids, targets->n}, none = {.n = 0};
    const struct sql_automate_tagged_in in = {.dataset = act->round->dataset,
                                              .tag = action->tag.id,
                                              .accounts = action->person ? none : ids,
                                              .leads = action->person ? ids : none};
    TRY(sql_automate_tagged(act->round->db, &in, &row));
    *out = action->person ? row.leads : row.accounts;
    return ERR_NONE;
}

static void say_tagged(struct act *act, const struct automation_action *action,
                       const struct targets *targets, struct sql_i64s tagged)
{
    bool put = action->what == DO_ADD_TAG;
    struct str tag = act_name(act, FILTER_TAG, &action->tag);
    for (size_t i = 0; i < targets->n; i++) {
        bool has = has_id(tagged, targets->ids[i]);
        act_did(act, targets->of[i], has != put, has != put,
                put   ? has ? "The tag %.*s is on already" : "Put the tag %.*s on"
                : has ? "Took the tag %.*s off"
                      : "The tag %.*s is not on",
                STR_ARG(tag));
    }
}

enum err act_tag(struct act *act, const struct automation_action *action, size_t place)
{
    (void)place;
    if (str_is_null(act_name(act, FILTER_TAG, &action->tag))) {
        for (size_t i = 0; i < act->n; i++) {
            act_did(act, act->v[i], false, false,
                    "Not tagged: the tag is gone. The automation is to be changed");
        }
        return ERR_NONE;
    }
    struct targets targets = find_targets(act, action->person, "Not tagged");
    struct sql_i64s tagged;
    int32_t n;
    if (targets.n == 0) {
        return ERR_NONE;
    }
    TRY(find_tagged(act, action, &targets, &tagged));
    say_tagged(act, action, &targets, tagged);
    if (act->round->dry != NULL) {
        dry_tag(act, action, targets.ids, targets.of, targets.n);
        return ERR_NONE;
    }
    const struct tagging tagging = {
        .dataset = act->round->dataset,
        .operation = act->operation,
        .actor = {.kind = ACTOR_AUTOMATION, .id = act->automation->id},
        .causes = targets.causes,
        .depths = targets.depths};
    const struct sql_i64s ids = {targets.ids, targets.n}, tags = {&action->tag.id, 1};
    bool put = action->what == DO_ADD_TAG;
    return action->person ? tagging_leads(act->round->db, &tagging, put, ids, tags, &n)
                          : tagging_accounts(act->round->db, &tagging, put, ids, tags, &n);
}

/* ---- values of properties ---- */

static struct str visit_value(const struct sql_automate_visits *visit, struct str from)
{
    const struct {
        struct str name, value;
    } values[] = {
        {STR("utm_source"), visit->source},
        {STR("utm_medium"), visit->medium},
        {STR("utm_campaign"), visit->campaign},
        {STR("utm_term"), visit->term},
        {STR("utm_content"), visit->content},
        {STR("channel"), str_from(channel_name((enum channel)visit->channel))},
        {STR("referrer"), visit->referrer},
        {STR("landing"), visit->landing},
        {STR("exit"), visit->exit},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (str_eq(values[i].name, from)) {
            return str_cut(values[i].value, AUTOMATION_VALUE_MAX);
        }
    }
    return (struct str){0};
}

static enum err load_values(struct act *act, const struct automation_action *action,
                            const struct targets *targets, struct str *values)
{
    struct arena *arena = act->round->arena;
    struct sql_automate_visits_rows rows;
    struct str *visitor = ARENA_ARRAY(arena, targets->n, struct str);
    int64_t *at = ARENA_ARRAY(arena, targets->n, int64_t);
    int64_t *lead = ARENA_ARRAY(arena, targets->n, int64_t);
    int64_t *account = ARENA_ARRAY(arena, targets->n, int64_t);
    for (size_t i = 0; i < targets->n; i++) {
        values[i] = action->value;
        visitor[i] = targets->of[i]->visitor;
        at[i] = targets->of[i]->cause_at;
        lead[i] = targets->of[i]->lead;
        account[i] = targets->of[i]->account;
    }
    if (str_is_empty(action->from)) {
        return ERR_NONE;
    }
    const struct sql_automate_visits_in in = {.dataset = act->round->dataset,
                                              .visitor = {visitor, targets->n},
                                              .at = {at, targets->n},
                                              .lead = {lead, targets->n},
                                              .account = {account, targets->n}};
    for (size_t i = 0; i < targets->n; i++) {
        values[i] = (struct str){0};
    }
    TRY(sql_automate_visits(act->round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        values[rows.row[i].nr - 1] = visit_value(&rows.row[i], action->from);
    }
    return ERR_NONE;
}

/* ---- properties ---- */

static void say_set(struct act *act, const struct automation_action *action,
                    struct candidate *candidate, struct str value, bool changed, bool same)
{
    if (changed) {
        act_did(act, candidate, true, true, "Set %.*s to “%.*s”", STR_ARG(action->key),
                STR_ARG(str_cut(value, 200)));
    } else if (same) {
        act_did(act, candidate, false, false, "%.*s is “%.*s” already", STR_ARG(action->key),
                STR_ARG(str_cut(value, 200)));
    } else {
        act_did(act, candidate, false, false, "Not set: there are %d properties already",
                PROPERTIES_MAX);
    }
}

/* Those whose visit says nothing are passed over. */
static size_t known_values(struct act *act, const struct automation_action *action,
                           struct targets *targets, struct str *values)
{
    size_t n = 0;
    for (size_t i = 0; i < targets->n; i++) {
        if (str_is_empty(values[i])) {
            act_did(act, targets->of[i], false, false, "Not set: the visit has no %.*s",
                    STR_ARG(action->from));
            continue;
        }
        values[n] = values[i];
        targets->ids[n] = targets->ids[i];
        targets->of[n++] = targets->of[i];
    }
    return n;
}

static enum err set_values(struct act *act, const struct automation_action *action,
                           const struct targets *targets, const struct str *values,
                           struct sql_i64s *out_changed, struct sql_i64s *out_same)
{
    struct sql_automate_set_leads leads = {0};
    struct sql_automate_set_accounts accounts = {0};
    const struct sql_i64s ids = {targets->ids, targets->n};
    if (act->round->dry != NULL) {
        return dry_set(act, action, targets->ids, values, targets->n, PROPERTIES_MAX,
                       out_changed, out_same);
    }
    if (action->person) {
        TRY(sql_automate_set_leads(
            act->round->db,
            &(struct sql_automate_set_leads_in){.dataset = act->round->dataset,
                                                .operation = act->operation,
                                                .key = action->key,
                                                .lead = ids,
                                                .value = {values, targets->n},
                                                .most = PROPERTIES_MAX},
            &leads));
    } else {
        TRY(sql_automate_set_accounts(
            act->round->db,
            &(struct sql_automate_set_accounts_in){.dataset = act->round->dataset,
                                                   .operation = act->operation,
                                                   .key = action->key,
                                                   .account = ids,
                                                   .value = {values, targets->n},
                                                   .most = PROPERTIES_MAX},
            &accounts));
    }
    *out_changed = action->person ? leads.changed : accounts.changed;
    *out_same = action->person ? leads.same : accounts.same;
    return ERR_NONE;
}

static enum err set_all(struct act *act, const struct automation_action *action,
                        const struct targets *targets, const struct str *values)
{
    struct sql_i64s changed, same;
    TRY(set_values(act, action, targets, values, &changed, &same));
    for (size_t i = 0; i < targets->n; i++) {
        say_set(act, action, targets->of[i], values[i], has_id(changed, targets->ids[i]),
                has_id(same, targets->ids[i]));
    }
    return ERR_NONE;
}

/* What it said of the field before; "no value": nothing. */
static enum err load_fact(struct act *act, const struct fact_field *field, int64_t account,
                          struct str *out)
{
    struct sql_automate_fact_rows before;
    const struct sql_automate_fact_in in = {
        .dataset = act->round->dataset, .account = account, .field = field->name};
    *out = act->round->dry != NULL ? dry_fact(act, account, field->name) : (struct str){0};
    if (!str_is_null(*out)) {
        return ERR_NONE;
    }
    TRY(sql_automate_fact(act->round->db, &in, &before));
    *out = before.n > 0 ? before.row[0].value : (struct str){0};
    return ERR_NONE;
}

/* A field of the company, which others may know better (shared/facts.h). */
static enum err set_fact(struct act *act, const struct fact_field *field, int64_t account,
                         struct candidate *candidate, struct str text)
{
    struct round *round = act->round;
    struct str value, before;
    if (facts_read(round->ctx, field, text, &value) != ERR_NONE) {
        act_did(act, candidate, false, false, "Not set: %.*s", STR_ARG(round->ctx->why));
        ctx_clear(round->ctx);
        return ERR_NONE;
    }
    TRY(load_fact(act, field, account, &before));
    if (!str_is_null(before) && str_eq(before, value)) {
        act_did(act, candidate, false, false, "%s is “%.*s” already", field->label,
                STR_ARG(str_cut(value, 200)));
        return ERR_NONE;
    }
    act_did(act, candidate, true, true, "Set %s to “%.*s”", field->label,
            STR_ARG(str_cut(value, 200)));
    if (round->dry != NULL) {
        dry_say_fact(act, account, field->name, value);
        return ERR_NONE;
    }
    const struct facts_put put = {.dataset = round->dataset,
                                  .account = account,
                                  .source = STR("automation"),
                                  .fields = &field->name,
                                  .values = &value,
                                  .n = 1};
    TRY(facts_put(round->db, &put));
    const struct sql_automate_fact_kept_in kept = {.dataset = round->dataset,
                                                   .operation = act->operation,
                                                   .account = account,
                                                   .key = field->name,
                                                   .was = before,
                                                   .value = value};
    return sql_automate_fact_kept(round->db, &kept, NULL);
}

enum err act_property(struct act *act, const struct automation_action *action, size_t place)
{
    struct targets targets = find_targets(act, action->person, "Not set");
    const struct fact_field *field = action->person ? NULL : facts_field(action->key);
    struct str *values = ARENA_ARRAY(act->round->arena, targets.n, struct str);
    (void)place;
    TRY(load_values(act, action, &targets, values));
    targets.n = known_values(act, action, &targets, values);
    if (targets.n == 0) {
        return ERR_NONE;
    }
    if (field == NULL) {
        return set_all(act, action, &targets, values);
    }
    for (size_t i = 0; i < targets.n; i++) {
        TRY(set_fact(act, field, targets.ids[i], targets.of[i], values[i]));
    }
    return ERR_NONE;
}
