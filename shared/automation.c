#include "gen/sql.h"
#include "shared/automation_parts.h"
#include "shared/filter_sense.h"

/* ---- rows ---- */

/* A rule of a later LeadBoard is told as such, and is no reason to show nothing. */
static void read_rule(struct ctx *ctx, struct str trigger, struct str actions,
                      struct automation_row *row)
{
    if (automation_parse(ctx, trigger, actions, &row->rule) != ERR_NONE) {
        row->rule = (struct automation_rule){0};
        row->unreadable = ctx->why;
        ctx_clear(ctx);
    }
}

static struct automation_row read_row(struct ctx *ctx, const struct sql_automation_list *in)
{
    struct automation_row row = {
        .id = in->id,
        .user = in->user_id,
        .name = in->name,
        .description = in->description,
        .user_name = in->user_name,
        .enabled = in->enabled,
        .once = in->once,
        .source = (enum automation_source)in->source,
        .version = in->version,
        .cooldown_s = in->cooldown_s,
        .problem = in->problem,
        .problem_at = in->problem_at_null ? 0 : in->problem_at,
        .retry_at = in->retry_at_null ? 0 : in->retry_at,
        .fired_at = in->fired_at_null ? 0 : in->fired_at,
        .fired = in->fired,
        .created_at = in->created_at,
        .updated_at = in->updated_at,
    };
    read_rule(ctx, in->trigger, in->actions, &row);
    return row;
}

static enum err list_rows(struct db *db, int64_t dataset, int64_t id,
                          const struct automation_row **out_rows, size_t *out_n)
{
    struct ctx *ctx = db_ctx(db);
    struct sql_automation_list_rows rows;
    TRY(sql_automation_list(db,
                            &(struct sql_automation_list_in){.dataset = dataset,
                                                             .automation = id,
                                                             .automation_null = id == 0},
                            &rows));
    struct automation_row *list = ARENA_ARRAY(ctx->arena, rows.n, struct automation_row);
    for (size_t i = 0; i < rows.n; i++) {
        list[i] = read_row(ctx, &rows.row[i]);
    }
    *out_rows = list;
    *out_n = rows.n;
    return ERR_NONE;
}

enum err automation_list(struct db *db, int64_t dataset, const struct automation_row **out_rows,
                         size_t *out_n)
{
    return list_rows(db, dataset, 0, out_rows, out_n);
}

enum err automation_get(struct db *db, int64_t dataset, int64_t id, struct automation_row *out)
{
    const struct automation_row *rows;
    size_t n = 0;
    TRY(id == 0 ? ERR_NONE : list_rows(db, dataset, id, &rows, &n));
    if (n == 0) {
        return ERR_NOT_FOUND;
    }
    *out = rows[0];
    return ERR_NONE;
}

enum err automation_version(struct db *db, int64_t dataset, int64_t id, int32_t version,
                            struct automation_rule *out_rule)
{
    const struct sql_automation_version_get_in in = {
        .dataset = dataset, .automation = id, .version = version};
    struct sql_automation_version_get row;
    TRY(sql_automation_version_get(db, &in, &row));
    return automation_parse(db_ctx(db), row.trigger, row.actions, out_rule);
}

/* ---- before saving ---- */

static enum err check_line(struct ctx *ctx, struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f) {
            return ctx_fail(ctx, ERR_INVALID, "The name is one line of text.");
        }
    }
    return ERR_NONE;
}

static enum err check_head(struct ctx *ctx, const struct automation_save *save)
{
    if (str_is_empty(save->name)) {
        return ctx_fail(ctx, ERR_INVALID, "Give the automation a name.");
    }
    if (!str_is_utf8(save->name) || str_utf8_length(save->name) > AUTOMATION_NAME_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "The name has at most %d characters.",
                        AUTOMATION_NAME_MAX);
    }
    TRY(check_line(ctx, save->name));
    if (!str_is_utf8(save->description) ||
        str_utf8_length(save->description) > AUTOMATION_DESCRIPTION_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "The description has at most %d characters.",
                        AUTOMATION_DESCRIPTION_MAX);
    }
    if (save->cooldown_s < 0 || save->cooldown_s > AUTOMATION_COOLDOWN_MAX_S) {
        return ctx_fail(ctx, ERR_INVALID, "The cool-down is at most 90 days.");
    }
    return ERR_NONE;
}

/* Stages are of their boards, integrations of the right kind, segments of what can be followed.
 */
static enum err check_fits(struct ctx *ctx, const struct automation_rule *rule,
                           const struct automation_names *names)
{
    for (size_t i = 0; i < rule->n_actions; i++) {
        const struct automation_action *action = &rule->actions[i];
        int64_t kind =
            automation_name_of(names, AUTOMATION_INTEGRATION, action->integration.id);
        int wanted = automation_integration_kind(action->what);
        if (action->stage.id != 0 &&
            automation_name_of(names, FILTER_STAGE, action->stage.id) != action->board.id) {
            return ctx_fail(ctx, ERR_INVALID, "The stage you chose is not on that board.");
        }
        if (kind != 0 && (wanted == 0 ? kind < 3 : kind != wanted)) {
            return ctx_fail(ctx, ERR_INVALID,
                            "“%s” does not go with the integration that you chose.",
                            automation_do_label(action->what));
        }
    }
    for (size_t i = 0; rule->trigger.when == WHEN_SEGMENT && i < rule->trigger.n_refs; i++) {
        int64_t subject = automation_name_of(names, FILTER_SEGMENT, rule->trigger.refs[i].id);
        if (subject == FILTER_ACCOUNTS && rule->trigger.filter.subject == FILTER_LEADS) {
            return ctx_fail(
                ctx, ERR_INVALID,
                "The segment “%.*s” is one of companies: let the automation run for "
                "each company, not for each person.",
                STR_ARG(rule->trigger.refs[i].name));
        }
    }
    return ERR_NONE;
}

static enum err check_all(struct db *db, const struct automation_save *save)
{
    struct ctx *ctx = db_ctx(db);
    const struct automation_rule *rules[] = {save->rule};
    const struct automation_names *names;
    size_t where;
    TRY(check_head(ctx, save));
    TRY(automation_check(ctx, save->rule, &where));
    TRY(automation_names_load(db, save->dataset, save->user, rules, 1, &names));
    TRY(automation_keep_names(ctx, save->rule, names));
    return check_fits(ctx, save->rule, names);
}

/* ---- warnings ---- */

static void say_of_everything(struct automation_says *says, const struct automation_rule *rule)
{
    if (automation_source(rule) == SOURCE_EVENT &&
        filter_always(says->ctx, &rule->trigger.filter, true)) {
        automation_say(says, "Nearly every event makes this true: it runs for everybody who "
                             "does anything, as often as the cool-down lets it.");
    }
}

enum err automation_warnings(struct db *db, const struct automation_save *save,
                             struct automation_list *out)
{
    struct ctx *ctx = db_ctx(db);
    const struct automation_row *rows;
    size_t n;
    struct automation_says *says = ARENA_NEW(ctx->arena, struct automation_says);
    says->ctx = ctx;
    TRY(list_rows(db, save->dataset, 0, &rows, &n));
    const struct automation_rule **rules =
        ARENA_ARRAY(ctx->arena, n + 1, const struct automation_rule *);
    struct str *titles = ARENA_ARRAY(ctx->arena, n + 1, struct str);
    struct automation_looked looked = {.rules = rules, .titles = titles, .n = 1};
    rules[0] = save->rule;
    titles[0] = save->name;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].enabled && rows[i].id != save->id && str_is_null(rows[i].unreadable)) {
            rules[looked.n] = &rows[i].rule;
            titles[looked.n++] = rows[i].name;
        }
    }
    TRY(automation_names_load(db, save->dataset, save->user, rules, looked.n, &looked.names));
    say_of_everything(says, save->rule);
    TRY(automation_rounds(db, save->dataset, &looked, says));
    *out = automation_said(says);
    return ERR_NONE;
}

/* ---- saving ---- */

static enum err revise(struct db *db, int64_t dataset)
{
    return sql_automation_revise(db, &(struct sql_automation_revise_in){.dataset = dataset},
                                 NULL);
}

static enum err add_version(struct db *db, const struct automation_save *save, int64_t id,
                            int32_t version, struct str trigger, struct str actions)
{
    const struct sql_automation_version_add_in in = {.dataset = save->dataset,
                                                     .automation = id,
                                                     .version = version,
                                                     .user = save->user,
                                                     .trigger = trigger,
                                                     .actions = actions};
    return sql_automation_version_add(db, &in, NULL);
}

static struct str text_or_empty(struct str text)
{
    return str_is_null(text) ? STR("") : text;
}

static enum err add(struct db *db, const struct automation_save *save, struct str trigger,
                    struct str actions, int64_t *out_id)
{
    struct sql_automation_count count;
    struct sql_automation_add made;
    TRY(sql_automation_count(db, &(struct sql_automation_count_in){.dataset = save->dataset},
                             &count));
    if (count.n >= AUTOMATIONS_MAX) {
        return ctx_fail(db_ctx(db), ERR_LIMIT,
                        "There are %d automations already, which is the most a dataset can "
                        "have. Delete one that is not needed.",
                        AUTOMATIONS_MAX);
    }
    const struct sql_automation_add_in in = {.dataset = save->dataset,
                                             .name = save->name,
                                             .description = text_or_empty(save->description),
                                             .enabled = save->enabled,
                                             .user = save->user,
                                             .source = (int16_t)automation_source(save->rule),
                                             .cooldown_s = save->cooldown_s,
                                             .once = save->once};
    TRY(sql_automation_add(db, &in, &made));
    *out_id = made.id;
    return add_version(db, save, made.id, 1, trigger, actions);
}

/* As text of the database, which orders members in its own way. */
static enum err is_same_rule(struct ctx *ctx, const struct sql_automation_hold *there,
                             struct str trigger, struct str actions, bool *out_same)
{
    struct automation_rule rule;
    struct str trigger_there, actions_there;
    *out_same = false;
    if (automation_parse(ctx, there->trigger, there->actions, &rule) != ERR_NONE) {
        ctx_clear(ctx);
        return ERR_NONE;
    }
    TRY(automation_json(ctx, &rule, &trigger_there, &actions_there));
    *out_same = str_eq(trigger, trigger_there) && str_eq(actions, actions_there);
    return ERR_NONE;
}

static enum err hold(struct db *db, const struct automation_save *save,
                     struct sql_automation_hold *out)
{
    const struct sql_automation_hold_in in = {.dataset = save->dataset, .automation = save->id};
    enum err err = sql_automation_hold(db, &in, out);
    if (err == ERR_NOT_FOUND) {
        return ctx_fail(db_ctx(db), err, "This automation does not exist any more.");
    }
    TRY(err);
    if (save->version != 0 && save->version != out->version) {
        return ctx_fail(db_ctx(db), ERR_CONFLICT,
                        "Somebody changed this automation meanwhile (it is version %d now). "
                        "Look at it, then make your change again.",
                        out->version);
    }
    return ERR_NONE;
}

static enum err update(struct db *db, const struct automation_save *save, struct str trigger,
                       struct str actions)
{
    struct sql_automation_hold there;
    bool same;
    TRY(hold(db, save, &there));
    TRY(is_same_rule(db_ctx(db), &there, trigger, actions, &same));
    int32_t version = same ? there.version : there.version + 1;
    const struct sql_automation_update_in in = {.dataset = save->dataset,
                                                .automation = save->id,
                                                .name = save->name,
                                                .description = text_or_empty(save->description),
                                                .enabled = save->enabled,
                                                .source =
                                                    (int16_t)automation_source(save->rule),
                                                .cooldown_s = save->cooldown_s,
                                                .once = save->once,
                                                .version = version};
    TRY(sql_automation_update(db, &in, NULL));
    return same ? ERR_NONE : add_version(db, save, save->id, version, trigger, actions);
}

enum err automation_save(struct db *db, const struct automation_save *save, int64_t *out_id)
{
    struct str trigger, actions;
    TRY(revise(db, save->dataset));
    TRY(check_all(db, save));
    TRY(automation_json(db_ctx(db), save->rule, &trigger, &actions));
    *out_id = save->id;
    TRY(save->id == 0 ? add(db, save, trigger, actions, out_id)
                      : update(db, save, trigger, actions));
    return automation_follow(db, save->dataset, *out_id, save->name, save->rule, save->enabled);
}

/* One that cannot be read follows nothing. */
static enum err follow(struct db *db, int64_t dataset, int64_t id, bool on)
{
    struct automation_row row;
    TRY(automation_get(db, dataset, id, &row));
    return automation_follow(db, dataset, id, row.name, &row.rule,
                             on && str_is_null(row.unreadable));
}

static enum err must_be_there(struct db *db, int64_t count)
{
    return count > 0 ? ERR_NONE
                     : ctx_fail(db_ctx(db), ERR_NOT_FOUND,
                                "This automation does not exist any more.");
}

enum err automation_switch(struct db *db, int64_t dataset, int64_t id, bool on)
{
    int64_t n;
    TRY(revise(db, dataset));
    TRY(sql_automation_switch(
        db,
        &(struct sql_automation_switch_in){.dataset = dataset, .automation = id, .enabled = on},
        &n));
    TRY(must_be_there(db, n));
    return follow(db, dataset, id, on);
}

enum err automation_delete(struct db *db, int64_t dataset, int64_t id)
{
    static const struct automation_rule nothing = {.n_actions = 0};
    int64_t n;
    TRY(revise(db, dataset));
    TRY(sql_automation_delete(
        db, &(struct sql_automation_delete_in){.dataset = dataset, .automation = id}, &n));
    TRY(must_be_there(db, n));
    return automation_follow(db, dataset, id, (struct str){.p = NULL}, &nothing, false);
}
