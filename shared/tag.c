#include "shared/tag.h"

#include "gen/sql.h"
#include "shared/automation.h"
#include "shared/cards.h"
#include "shared/filter.h"
#include "shared/score.h"
#include "shared/segment.h"

#define REFRESH_MOST 1000 /* accounts and leads whose cards are brought up to date at once */

static enum err check_name(struct ctx *ctx, struct str name)
{
    if (str_is_empty(name)) {
        return ctx_fail(ctx, ERR_INVALID, "A tag needs a name.");
    }
    if (!str_is_utf8(name) || str_utf8_length(name) > TAG_NAME_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "A tag's name has at most %d characters.",
                        TAG_NAME_MAX);
    }
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < 0x20 || c == 0x7f) {
            return ctx_fail(ctx, ERR_INVALID, "A tag's name is one line of text.");
        }
    }
    return ERR_NONE;
}

static enum err find(struct db *db, int64_t dataset, struct str name, int64_t *out_tag)
{
    struct sql_tag_find row;
    enum err err =
        sql_tag_find(db, &(struct sql_tag_find_in){.dataset = dataset, .name = name}, &row);
    if (err == ERR_NONE) {
        *out_tag = row.id;
    }
    return err;
}

/* Whoever waited for the lock may find that the name has come meanwhile. */
static enum err add(struct db *db, int64_t dataset, struct str name, int64_t *out_tag)
{
    struct sql_tag_add_rows made;
    TRY(sql_tag_count_lock(db, &(struct sql_tag_count_lock_in){.dataset = dataset}, NULL));
    TRY(sql_tag_add(
        db, &(struct sql_tag_add_in){.dataset = dataset, .name = name, .most = TAGS_MAX},
        &made));
    if (made.n > 0) {
        *out_tag = made.row[0].id;
        return ERR_NONE;
    }
    enum err err = find(db, dataset, name, out_tag);
    if (err == ERR_NOT_FOUND) {
        return ctx_fail(db_ctx(db), ERR_LIMIT,
                        "There are %d tags already, which is the most a dataset can have. "
                        "Delete one that is not needed, or use one that is there.",
                        TAGS_MAX);
    }
    return err;
}

enum err tag_find_or_add(struct db *db, int64_t dataset, struct str name, int64_t *out_tag)
{
    name = str_trim(name);
    TRY(check_name(db_ctx(db), name));
    enum err err = find(db, dataset, name, out_tag);
    return err == ERR_NOT_FOUND ? add(db, dataset, name, out_tag) : err;
}

/* ---- cards that show a tag ---- */

/* What the tag is on and has a card; no more than REFRESH_MOST. */
struct bearers {
    struct sql_i64s accounts, leads;
};

static enum err find_bearers(struct db *db, int64_t dataset, int64_t tag, struct bearers *out)
{
    struct sql_tag_bearers row;
    TRY(sql_tag_bearers(
        db,
        &(struct sql_tag_bearers_in){.dataset = dataset, .tag = tag, .most = REFRESH_MOST + 1},
        &row));
    *out = (struct bearers){.accounts = row.accounts, .leads = row.leads};
    return ERR_NONE;
}

static enum err refresh_boards(struct db *db, int64_t dataset)
{
    struct sql_tag_boards_rows boards;
    TRY(sql_tag_boards(db, &(struct sql_tag_boards_in){.dataset = dataset}, &boards));
    for (size_t i = 0; i < boards.n; i++) {
        TRY(cards_refresh_board(db, dataset, boards.row[i].id));
    }
    return ERR_NONE;
}

/* Few at once; many by the job that refreshes boards, which open pages follow too. */
static enum err refresh(struct db *db, int64_t dataset, const struct bearers *bearers)
{
    size_t n = bearers->accounts.n > bearers->leads.n ? bearers->accounts.n : bearers->leads.n;
    if (n > REFRESH_MOST) {
        return refresh_boards(db, dataset);
    }
    int64_t *datasets = ARENA_ARRAY(db_ctx(db)->arena, n + 1, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = dataset;
    }
    TRY(cards_refresh_accounts(db, datasets, bearers->accounts.v, bearers->accounts.n, NULL));
    return cards_refresh_leads(db, datasets, bearers->leads.v, bearers->leads.n, NULL);
}

/* ---- segments and automations that ask for a tag ---- */

/* True when something was renamed. str_eq_nocase would not do: names are compared as the
 * database does, which has told how the tag's name is written in this tree. */
static bool rename_in(struct filter_node *node, const struct sql_strs *olds, struct str name)
{
    bool renamed = false;
    for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
        renamed = rename_in(&node->nodes[i], olds, name) || renamed;
    }
    if (node->is_group || filter_field(node->field)->kind != FILTER_TAG) {
        return renamed;
    }
    for (size_t i = 0; i < node->n_values; i++) {
        for (size_t k = 0; k < olds->n; k++) {
            if (str_eq(node->values[i], str_trim(olds->v[k]))) {
                node->values[i] = name;
                renamed = true;
                break;
            }
        }
    }
    return renamed;
}

static enum err rename_in_segments(struct db *db, int64_t dataset, int64_t tag, struct str name)
{
    struct ctx *ctx = db_ctx(db);
    struct sql_tag_segments_rows rows;
    TRY(sql_tag_segments(db, &(struct sql_tag_segments_in){.dataset = dataset, .tag = tag},
                         &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct filter filter;
        struct str json;
        if (filter_parse(ctx, rows.row[i].filter, &filter) != ERR_NONE) {
            ctx_clear(ctx); /* of a later version: it stays as it is */
            continue;
        }
        if (!rename_in(&filter.root, &rows.row[i].written, name)) {
            continue;
        }
        TRY(filter_json(ctx, &filter, &json));
        TRY(sql_tag_segment_save(db,
                                 &(struct sql_tag_segment_save_in){.dataset = dataset,
                                                                   .segment = rows.row[i].id,
                                                                   .filter = json},
                                 NULL));
    }
    return ERR_NONE;
}

static enum err rename_in_automation(struct db *db, int64_t dataset,
                                     const struct sql_tag_automations *row, struct str name)
{
    struct ctx *ctx = db_ctx(db);
    struct automation_rule *rule = ARENA_NEW(ctx->arena, struct automation_rule);
    struct str trigger, actions;
    if (automation_parse(ctx, row->trigger, row->actions, rule) != ERR_NONE) {
        ctx_clear(ctx); /* of a later version: it stays as it is */
        return ERR_NONE;
    }
    if (!rename_in(&rule->trigger.filter.root, &row->written, name)) {
        return ERR_NONE;
    }
    TRY(automation_json(ctx, rule, &trigger, &actions));
    return sql_tag_automation_save(db,
                                   &(struct sql_tag_automation_save_in){.dataset = dataset,
                                                                        .automation = row->id,
                                                                        .version = row->version,
                                                                        .trigger = trigger},
                                   NULL);
}

static enum err rename_in_automations(struct db *db, int64_t dataset, int64_t tag,
                                      struct str name)
{
    struct sql_tag_automations_rows rows;
    TRY(sql_tag_automations(
        db, &(struct sql_tag_automations_in){.dataset = dataset, .tag = tag}, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        TRY(rename_in_automation(db, dataset, &rows.row[i], name));
    }
    return rows.n == 0 ? ERR_NONE
                       : sql_automation_revise(
                             db, &(struct sql_automation_revise_in){.dataset = dataset}, NULL);
}

/* ---- renaming, deleting ---- */

enum err tag_rename(struct db *db, int64_t dataset, int64_t tag, struct str name)
{
    int64_t other;
    struct bearers bearers;
    name = str_trim(name);
    TRY(check_name(db_ctx(db), name));
    enum err err = find(db, dataset, name, &other);
    if (err == ERR_NONE && other != tag) {
        return ctx_fail(db_ctx(db), ERR_CONFLICT, "There is a tag of this name already.");
    }
    if (err != ERR_NONE && err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(rename_in_segments(db, dataset, tag, name));
    TRY(rename_in_automations(db, dataset, tag, name));
    int64_t n;
    TRY(sql_tag_rename(
        db, &(struct sql_tag_rename_in){.dataset = dataset, .tag = tag, .name = name}, &n));
    if (n == 0) {
        return ERR_NOT_FOUND;
    }
    TRY(find_bearers(db, dataset, tag, &bearers));
    return refresh(db, dataset, &bearers);
}

enum err tag_delete(struct db *db, int64_t dataset, int64_t tag)
{
    struct bearers bearers;
    int64_t n;
    TRY(find_bearers(db, dataset, tag, &bearers));
    TRY(score_tag_deleted(db, dataset, tag));
    TRY(sql_tag_delete(db, &(struct sql_tag_delete_in){.dataset = dataset, .tag = tag}, &n));
    if (n == 0) {
        return ERR_NOT_FOUND;
    }
    TRY(segment_touch_all(db, dataset, FILTER_ON_TAGS));
    return refresh(db, dataset, &bearers);
}
