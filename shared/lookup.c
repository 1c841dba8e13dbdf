#include "shared/lookup.h"

#include "gen/sql.h"
#include "shared/cards.h"
#include "shared/domain.h"
#include "shared/facts.h"
#include "shared/ideal.h"
#include "shared/json.h"
#include "shared/score.h"
#include "shared/url.h"

#define FOUND_MAX ((size_t)1 << 20)
#define DETAIL_MAX 4096
#define SHOWN 100           /* bytes of what was typed, in messages */
#define TRY_AGAIN_MS 600000 /* a site that did not answer is looked at later */

/* ---- what was typed ---- */

static bool has_email_sign(struct str text)
{
    return str_find(text, '@') < text.n && !str_contains(text, STR("://"));
}

/* "www.acme.com/about?x" without what follows the host. */
static struct str host_part(struct str text)
{
    size_t end = 0;
    while (end < text.n && text.p[end] != '/' && text.p[end] != '?' && text.p[end] != '#' &&
           text.p[end] != ':') {
        end++;
    }
    return str_slice(text, 0, end);
}

static struct str host_of(struct ctx *ctx, struct str text)
{
    struct url url;
    if (!str_contains(text, STR("://"))) {
        return host_part(text);
    }
    return url_parse(ctx->arena, text, &url) ? url.host : (struct str){.p = NULL};
}

static enum err read_domain(struct ctx *ctx, struct str text, struct lookup_subject *out)
{
    struct str domain, host = host_of(ctx, text), shown = str_cut(text, SHOWN);
    if (str_is_empty(host) || !domain_host(ctx->arena, host, &domain)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "“%.*s” can't be read as a domain or an email address. Write one like "
                        "acme.com or ann@acme.com.",
                        STR_ARG(shown));
    }
    if (!domain_normal(ctx->arena, host, &domain)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "“%.*s” is not a company's domain. Write it in full, like acme.com.",
                        STR_ARG(shown));
    }
    out->domain = domain_registrable(domain);
    if (str_is_null(out->domain)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "“%.*s” belongs to nobody in particular. Write the company's own "
                        "domain, like acme.com.",
                        STR_ARG(shown));
    }
    if (domain_is_free_mail(out->domain)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "%.*s is a mail provider's domain. For a person there, write the whole "
                        "email address.",
                        STR_ARG(out->domain));
    }
    return ERR_NONE;
}

static enum err read_email(struct ctx *ctx, struct str text, struct lookup_subject *out)
{
    struct email email;
    if (!email_parse(ctx->arena, text, &email)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "“%.*s” is not an email address. Write one like ann@acme.com, without "
                        "a name around it.",
                        STR_ARG(str_cut(text, SHOWN)));
    }
    out->email = email.address;
    out->domain = email_company_domain(email.domain);
    return ERR_NONE;
}

enum err lookup_read(struct ctx *ctx, struct str text, struct lookup_subject *out)
{
    text = str_trim(text);
    *out = (struct lookup_subject){.domain = {.p = NULL}};
    if (str_is_empty(text)) {
        return ctx_fail(ctx, ERR_INVALID, "Type a company's domain or an email address.");
    }
    return has_email_sign(text) ? read_email(ctx, text, out) : read_domain(ctx, text, out);
}

/* ---- looking it up ---- */

static enum err ask_site(struct db *db, const struct lookup_place *place, int64_t id)
{
    struct arena *arena = db_ctx(db)->arena;
    int64_t progress;
    TRY(progress_create(db, place->dataset, JOB_LOOKUP, id, place->user, &progress));
    TRY(sql_lookup_set_progress(db,
                                &(struct sql_lookup_set_progress_in){.dataset = place->dataset,
                                                                     .lookup = id,
                                                                     .progress = progress},
                                NULL));
    const struct queue_job job = {
        .dataset = place->dataset,
        .uniq = arena_print(arena, "progress:%lld", (long long)progress),
        .payload = arena_print(arena, "{\"lookup\":\"%lld\",\"progress\":\"%lld\"}",
                               (long long)id, (long long)progress)};
    return queue_add(db, JOB_LOOKUP, &job, &(struct queue_opts){.prio = QUEUE_SOON}, NULL);
}

enum err lookup_begin(struct db *db, const struct lookup_place *place,
                      const struct lookup_subject *subject, int64_t *out_id)
{
    struct sql_lookup_add row;
    TRY(sql_lookup_trim(db, &(struct sql_lookup_trim_in){.dataset = place->dataset}, NULL));
    TRY(sql_lookup_add(db,
                       &(struct sql_lookup_add_in){.dataset = place->dataset,
                                                   .board = place->board,
                                                   .user = place->user,
                                                   .domain = subject->domain,
                                                   .email = subject->email},
                       &row));
    *out_id = row.id;
    return str_is_null(subject->domain) ? ERR_NONE : ask_site(db, place, row.id);
}

enum err lookup_look(struct db *db, const struct lookup_place *place,
                     const struct lookup_subject *subject, struct lookup_known *out)
{
    struct sql_lookup_known row;
    TRY(sql_lookup_known(db,
                         &(struct sql_lookup_known_in){.dataset = place->dataset,
                                                       .board = place->board,
                                                       .domain = subject->domain,
                                                       .email = subject->email},
                         &row));
    *out = (struct lookup_known){
        .account = row.account_null ? 0 : row.account,
        .lead = row.lead_null ? 0 : row.lead,
        .name = row.name,
        .named = !str_is_empty(row.name) && !str_eq(row.name, subject->domain),
        .leads = row.leads_null ? 0 : row.leads,
        .hidden = row.hidden,
        .card = row.card_null ? 0 : row.card,
        .stage = row.stage,
        .excluded = row.excluded,
        .excluded_by = row.excluded_by,
        .excluded_at = row.excluded_at_null ? 0 : row.excluded_at,
    };
    return ERR_NONE;
}

/* ---- what was found ---- */

static void read_leads(struct ctx *ctx, const struct json *leads, struct lookup *out)
{
    int64_t *list = ARENA_ARRAY(ctx->arena, json_count(leads) + 1, int64_t);
    for (const struct json *lead = json_first(leads); lead != NULL; lead = json_next(lead)) {
        if (json_id(lead, &list[out->n_leads])) {
            out->n_leads++;
        }
    }
    out->leads = list;
}

static enum err read_progress(struct db *db, const struct lookup_place *place, int64_t id,
                              struct lookup *out)
{
    struct progress progress;
    enum err err = progress_latest(db, place->dataset, JOB_LOOKUP, id, &progress);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    out->running = progress.state <= PROGRESS_RUNNING;
    out->message = progress.message;
    return ERR_NONE;
}

enum err lookup_get(struct db *db, const struct lookup_place *place, int64_t id,
                    struct lookup *out)
{
    struct sql_lookup_get row;
    const struct json *found;
    *out = (struct lookup){.id = id};
    TRY(read_progress(db, place, id, out)); /* first: what is done by then is read after */
    TRY(sql_lookup_get(db,
                       &(struct sql_lookup_get_in){
                           .dataset = place->dataset, .board = place->board, .lookup = id},
                       &row));
    out->subject = (struct lookup_subject){.domain = row.domain, .email = row.email};
    out->card = row.card_id_null ? 0 : row.card_id;
    TRY(json_parse(db_ctx(db), row.found, FOUND_MAX, &found));
    read_leads(db_ctx(db), json_get(found, "leads"), out);
    return lookup_found(db, place->dataset, row.created_at, out);
}

/* ---- accepting ---- */

struct newcomer {
    struct db *db;
    const struct lookup_place *place;
    const struct lookup *lookup;
    struct lookup_known known; /* before */
    int64_t account, lead;     /* made or found; account 0: a person's card */
};

/* The person, of the company unless they are of another. */
static enum err make_lead(struct newcomer *n, int64_t *out_unconnected)
{
    int64_t dataset = n->place->dataset;
    struct str email = n->lookup->subject.email;
    struct sql_lookup_lead_find row;
    *out_unconnected = 0;
    if (str_is_null(email)) {
        return ERR_NONE;
    }
    TRY(sql_lookup_lead_add(
        n->db, &(struct sql_lookup_lead_add_in){.dataset = dataset, .email = email}, NULL));
    TRY(sql_lookup_lead_find(
        n->db, &(struct sql_lookup_lead_find_in){.dataset = dataset, .email = email}, &row));
    n->lead = row.id;
    if (str_is_null(n->lookup->subject.domain) && !row.account_null) {
        n->account = row.account; /* somebody knows which company they are of */
    }
    *out_unconnected = row.account_null && !row.linked ? row.id : 0;
    return ERR_NONE;
}

static enum err make_account(struct newcomer *n)
{
    int64_t dataset = n->place->dataset;
    struct str domain = n->lookup->subject.domain;
    struct sql_lookup_account_find row;
    TRY(sql_lookup_account_add(
        n->db, &(struct sql_lookup_account_add_in){.dataset = dataset, .domain = domain},
        NULL));
    TRY(sql_lookup_account_find(
        n->db, &(struct sql_lookup_account_find_in){.dataset = dataset, .domain = domain},
        &row));
    n->account = row.id;
    return ERR_NONE;
}

static enum err connect(struct newcomer *n, int64_t lead)
{
    const struct lookup *lookup = n->lookup;
    int64_t *leads = ARENA_ARRAY(db_ctx(n->db)->arena, lookup->n_leads + 1, int64_t);
    size_t count = 0;
    for (size_t i = 0; i < lookup->n_leads; i++) {
        leads[count++] = lookup->leads[i];
    }
    if (lead != 0) {
        leads[count++] = lead;
    }
    struct sql_lookup_connect row;
    return sql_lookup_connect(n->db,
                              &(struct sql_lookup_connect_in){.dataset = n->place->dataset,
                                                              .account = n->account,
                                                              .leads = {leads, count}},
                              &row);
}

/* A company that somebody named keeps its name: fact_rank sees to that. */
static enum err put_found(struct newcomer *n)
{
    const struct str *sources;
    size_t count;
    TRY(lookup_sources(n->db, n->place->dataset, &sources, &count));
    return facts_take(n->db, n->place->dataset, n->account, n->lookup->subject.domain, sources,
                      count);
}

static enum err put_corrections(struct newcomer *n, const struct lookup_accept *accept)
{
    if (accept->n == 0) {
        return ERR_NONE;
    }
    return facts_put(n->db, &(struct facts_put){.dataset = n->place->dataset,
                                                .account = n->account,
                                                .source = STR(FACT_HAND),
                                                .user = n->place->user,
                                                .fields = accept->fields,
                                                .values = accept->values,
                                                .n = accept->n});
}

static enum err put_name(struct newcomer *n, struct str name)
{
    const struct str field = STR("name");
    struct sql_account_name row;
    TRY(sql_account_name(
        n->db,
        &(struct sql_account_name_in){.dataset = n->place->dataset, .account = n->account},
        &row));
    if (str_is_empty(name) || str_eq(name, row.name)) {
        return ERR_NONE;
    }
    return facts_put(n->db, &(struct facts_put){.dataset = n->place->dataset,
                                                .account = n->account,
                                                .source = STR(FACT_HAND),
                                                .user = n->place->user,
                                                .fields = &field,
                                                .values = &name,
                                                .n = 1});
}

/* What has not been read yet, or could not be, is left to enrichment. */
static enum err put_outcome(struct newcomer *n)
{
    const struct lookup *lookup = n->lookup;
    struct arena *arena = db_ctx(n->db)->arena;
    bool failed = !str_is_empty(lookup->message);
    if (!lookup->running) {
        TRY(sql_enrich_done(n->db,
                            &(struct sql_enrich_done_in){.dataset = n->place->dataset,
                                                         .account = n->account,
                                                         .message = lookup->message},
                            NULL));
    }
    if (!lookup->running && !failed) {
        return ERR_NONE;
    }
    const struct queue_job job = {
        .dataset = n->place->dataset,
        .uniq = arena_print(arena, "account:%lld", (long long)n->account),
        .payload = arena_print(arena, "{\"account\":\"%lld\"}", (long long)n->account)};
    const struct queue_opts opts = {.delay_ms = failed ? TRY_AGAIN_MS : 0};
    return queue_add(n->db, JOB_ENRICH, &job, &opts, NULL);
}

static enum err make(struct newcomer *n, const struct lookup_accept *accept)
{
    int64_t unconnected;
    TRY(make_lead(n, &unconnected));
    if (str_is_null(n->lookup->subject.domain)) {
        return ERR_NONE;
    }
    TRY(make_account(n));
    TRY(connect(n, unconnected));
    TRY(put_found(n));
    TRY(put_corrections(n, accept));
    TRY(put_name(n, accept->name));
    return put_outcome(n);
}

static enum err find_card(struct newcomer *n, struct sql_lookup_card *out)
{
    return sql_lookup_card(n->db,
                           &(struct sql_lookup_card_in){.dataset = n->place->dataset,
                                                        .board = n->place->board,
                                                        .account = n->account,
                                                        .account_null = n->account == 0,
                                                        .lead = n->lead,
                                                        .lead_null = n->account != 0},
                           out);
}

static enum err begin_operation(struct newcomer *n, int64_t *out_operation)
{
    struct sql_account_name row = {.name = n->lookup->subject.email};
    if (n->account != 0) {
        TRY(sql_account_name(
            n->db,
            &(struct sql_account_name_in){.dataset = n->place->dataset, .account = n->account},
            &row));
    }
    const struct operation operation = {.dataset = n->place->dataset,
                                        .kind = OP_ADD,
                                        .board = n->place->board,
                                        .user = n->place->user,
                                        .subject = row.name};
    return operation_begin(n->db, &operation, out_operation);
}

static enum err add_card(struct newcomer *n, int64_t operation, struct cards_added *out)
{
    int64_t id = n->account != 0 ? n->account : n->lead;
    const struct cards_add add = {
        .dataset = n->place->dataset,
        .board = n->place->board,
        .ids = &id,
        .n = 1,
        .actor = {.kind = ACTOR_USER,
                  .id = n->place->user,
                  .cause = arena_print(db_ctx(n->db)->arena, "{\"lookup\":\"%lld\"}",
                                       (long long)n->lookup->id)},
        .operation = operation};
    TRY(n->account != 0 ? cards_add_accounts(n->db, &add, out)
                        : cards_add_leads(n->db, &add, out));
    return n->account != 0
               ? cards_refresh_accounts(n->db, &n->place->dataset, &n->account, 1, NULL)
               : ERR_NONE;
}

static enum err lift(struct newcomer *n, bool *out_lifted)
{
    int64_t gone;
    TRY(sql_lookup_lift(n->db,
                        &(struct sql_lookup_lift_in){.dataset = n->place->dataset,
                                                     .board = n->place->board,
                                                     .account = n->account,
                                                     .account_null = n->account == 0,
                                                     .lead = n->lead,
                                                     .lead_null = n->account != 0},
                        &gone));
    *out_lifted = gone > 0;
    return ERR_NONE;
}

static enum err put_card(struct newcomer *n, bool may_lift, struct lookup_accepted *out)
{
    struct cards_added added;
    struct sql_lookup_card card;
    bool lifted = false;
    if (may_lift) {
        TRY(lift(n, &lifted));
    }
    TRY(begin_operation(n, &out->operation));
    TRY(add_card(n, out->operation, &added));
    if (added.excluded > 0) {
        return ctx_fail(db_ctx(n->db), ERR_CONFLICT,
                        "Somebody has just excluded it from this board. Open the look-up again "
                        "to see who.");
    }
    TRY(find_card(n, &card));
    out->card = card.id;
    TRY(operation_end(n->db, n->place->dataset, out->operation, added.added,
                      arena_print(db_ctx(n->db)->arena, "{\"card\":\"%lld\",\"lifted\":%s}",
                                  (long long)card.id, lifted ? "true" : "false")));
    out->operation = added.added > 0 ? out->operation : 0;
    return sql_lookup_set_card(n->db,
                               &(struct sql_lookup_set_card_in){.dataset = n->place->dataset,
                                                                .lookup = n->lookup->id,
                                                                .card = card.id},
                               NULL);
}

enum err lookup_accept(struct db *db, const struct lookup_place *place, int64_t id,
                       const struct lookup_accept *accept, struct lookup_accepted *out)
{
    struct lookup lookup;
    struct newcomer n = {.db = db, .place = place, .lookup = &lookup};
    *out = (struct lookup_accepted){0};
    TRY(sql_lookup_hold_log(db, NULL));
    TRY(sql_lookup_hold(
        db, &(struct sql_lookup_hold_in){.dataset = place->dataset, .lookup = id}, NULL));
    TRY(lookup_get(db, place, id, &lookup));
    TRY(lookup_look(db, place, &lookup.subject, &n.known));
    if (n.known.card != 0) {
        out->card = n.known.card;
        return ERR_NONE;
    }
    if (n.known.hidden) {
        return ctx_fail(db_ctx(db), ERR_INVALID,
                        "It is hidden, and what is hidden has no cards. Show it again first.");
    }
    if (n.known.excluded && !accept->lift) {
        out->excluded = true;
        return ERR_NONE;
    }
    TRY(make(&n, accept));
    TRY(ideal_changed(db, place->dataset,
                      (struct sql_i64s){&n.account, n.account != 0 ? 1 : 0}));
    TRY(score_people_changed(db, place->dataset,
                             (struct sql_i64s){&n.account, n.account != 0 ? 1 : 0},
                             (struct sql_i64s){&n.lead, n.lead != 0 ? 1 : 0}));
    return put_card(&n, accept->lift, out);
}

/* ---- undo ---- */

static enum err remove_card(struct db *db, const struct operation_undoing *undoing,
                            const struct sql_lookup_card_untouched *card)
{
    struct sql_cards_remove removed;
    return sql_cards_remove(db,
                            &(struct sql_cards_remove_in){.dataset = undoing->dataset,
                                                          .board = undoing->operation->board,
                                                          .cards = {&card->id, 1},
                                                          .user = undoing->user,
                                                          .user_null = undoing->user == 0,
                                                          .operation = undoing->undo},
                            &removed);
}

static enum err bar_again(struct db *db, const struct operation_undoing *undoing,
                          const struct sql_lookup_card_untouched *card)
{
    return sql_lookup_bar(db,
                          &(struct sql_lookup_bar_in){.dataset = undoing->dataset,
                                                      .board = undoing->operation->board,
                                                      .account = card->account,
                                                      .account_null = card->account_null,
                                                      .lead = card->lead,
                                                      .lead_null = card->lead_null,
                                                      .user = undoing->user},
                          NULL);
}

enum err lookup_undo_add(struct db *db, struct operation_undoing *undoing,
                         struct operation_undone *out)
{
    const struct operation_row *operation = undoing->operation;
    const struct json *detail;
    struct sql_lookup_card_untouched_rows cards;
    int64_t card = 0;
    bool lifted = false;
    TRY(json_parse(db_ctx(db), operation->detail, DETAIL_MAX, &detail));
    (void)json_id(json_get(detail, "card"), &card);
    (void)json_bool(json_get(detail, "lifted"), &lifted);
    TRY(sql_board_lock_stages(db,
                              &(struct sql_board_lock_stages_in){.dataset = undoing->dataset,
                                                                 .board = operation->board},
                              NULL));
    TRY(sql_lookup_card_untouched(
        db,
        &(struct sql_lookup_card_untouched_in){
            .dataset = undoing->dataset, .board = operation->board, .card = card},
        &cards));
    if (cards.n == 0) {
        out->kept += 1;
        return ERR_NONE;
    }
    TRY(remove_card(db, undoing, &cards.row[0]));
    if (lifted) {
        TRY(bar_again(db, undoing, &cards.row[0]));
    }
    out->undone += 1;
    return ERR_NONE;
}
