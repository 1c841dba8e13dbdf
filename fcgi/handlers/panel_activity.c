/* The tab Activity: who of the company was seen, and what they did. */
#include "fcgi/card_draw.h"
#include "fcgi/handlers/panel.h"
#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "fcgi/stream_draw.h"
#include "shared/channel.h"
#include "shared/clock.h"

#define LEADS_SHOWN 20
#define HAPPENINGS_SHOWN 100 /* of one page of sessions */

enum err panel_load_sessions(struct web *web, int64_t lead, int64_t before,
                             struct sessions_view *out_sessions)
{
    struct sql_lead_sessions_rows events;
    struct sql_lead_happenings_rows happenings;
    struct targets targets;
    before = before > 0 ? before : INT64_MAX;
    TRY(sql_lead_sessions(web->db,
                          &(struct sql_lead_sessions_in){.dataset = web->session.dataset,
                                                         .lead = lead,
                                                         .before = before,
                                                         .most = STREAM_SESSIONS + 1},
                          &events));
    TRY(sql_lead_happenings(web->db,
                            &(struct sql_lead_happenings_in){.dataset = web->session.dataset,
                                                             .lead = lead,
                                                             .from = stream_draw_from(&events),
                                                             .before = before,
                                                             .user = web->session.user,
                                                             .most = HAPPENINGS_SHOWN},
                            &happenings));
    TRY(targets_load(web->ctx, web->db, web->session.dataset, &targets));
    const struct stream_rows rows = {
        .events = &events, .happenings = &happenings, .targets = &targets};
    *out_sessions = stream_draw(web->ctx, lead, &rows, clock_now());
    return ERR_NONE;
}

/* What both statements that list leads return, and what the list is in the order of. */
struct lead_row {
    int64_t id, key, last_at;
    struct str email, first_name, last_name, source;
    const char *channel;
    int64_t sessions, events, score;
    struct sql_strs tags;
};
#define LEAD_ROW(r, order)                                                                     \
    ((struct lead_row){.id = (r)->id,                                                          \
                       .key = (order),                                                         \
                       .last_at = (r)->last_at,                                                \
                       .email = (r)->email,                                                    \
                       .first_name = (r)->first_name,                                          \
                       .last_name = (r)->last_name,                                            \
                       .source = (r)->last_source,                                             \
                       .channel =                                                              \
                           (r)->last_channel_null ? "" : channel_name((r)->last_channel),      \
                       .sessions = (r)->sessions,                                              \
                       .events = (r)->events,                                                  \
                       .score = (r)->score,                                                    \
                       .tags = (r)->tags})

static bool has_tag(struct sql_strs tags, struct str name)
{
    for (size_t i = 0; i < tags.n; i++) {
        if (str_eq(tags.v[i], name)) {
            return true;
        }
    }
    return false;
}

/* Tags of the account that the lead does not have itself. */
static void draw_given(struct web *web, const struct panel_view *view, struct sql_strs own,
                       struct lead_view *lead)
{
    struct str *given = ARENA_ARRAY(web->ctx->arena, view->tags.n_chips + 1, struct str);
    for (size_t i = 0; i < view->tags.n_chips; i++) {
        if (!has_tag(own, view->tags.chips[i].name)) {
            given[lead->n_given++] = view->tags.chips[i].name;
        }
    }
    lead->given = given;
}

static struct lead_view draw_lead(struct web *web, const struct panel_view *view,
                                  const struct lead_row *row)
{
    struct ctx *ctx = web->ctx;
    struct str name = panel_draw_name(ctx, row->first_name, row->last_name, row->email);
    bool anonymous = str_is_empty(row->email) && str_is_empty(row->first_name) &&
                     str_is_empty(row->last_name);
    struct lead_view lead = {
        .id = row->id,
        .name = name,
        .email = str_eq(name, row->email) ? (struct str){.p = NULL} : row->email,
        .initials = anonymous ? STR("?") : mark_initials(ctx->arena, name),
        .hue = mark_hue(name),
        .anonymous = anonymous,
        .score = row->score,
        .hot = card_draw_is_hot(row->score),
        .sessions = row->sessions,
        .events = row->events,
        .last_at = row->last_at,
        .channel = row->channel,
        .source = row->source,
        .base = view->base,
        .board = view->board,
        .card = view->card,
        .tags = row->tags.v,
        .n_tags = row->tags.n,
    };
    draw_given(web, view, row->tags, &lead);
    return lead;
}

/* The lead that ?lead= names, or the only one there is. */
static enum err open_lead(struct web *web, struct lead_view *leads, size_t n)
{
    int64_t asked = 0;
    if (!str_to_i64(web_query(web, "lead"), &asked)) {
        asked = n == 1 ? leads[0].id : 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (leads[i].id == asked) {
            leads[i].open = true;
            TRY(panel_load_sessions(web, asked, 0, &leads[i].shown));
        }
    }
    return ERR_NONE;
}

/* ?after=<key>_<id>: behind the leads that a page has. */
struct place {
    int64_t key, id;
};

static struct place read_after(struct web *web)
{
    struct place place;
    struct str text = web_query(web, "after"), key;
    return str_next(&text, '_', &key) && str_to_i64(key, &place.key) &&
                   str_to_i64(text, &place.id)
               ? place
               : (struct place){.key = INT64_MAX, .id = INT64_MAX};
}

static enum err fetch_by_score(struct web *web, const struct panel_view *view,
                               struct lead_row **out_rows, size_t *out_n)
{
    struct place place = read_after(web);
    struct sql_account_leads_by_score_rows rows;
    TRY(sql_account_leads_by_score(
        web->db,
        &(struct sql_account_leads_by_score_in){
            .dataset = web->session.dataset,
            .account = view->account,
            .who = (int16_t)view->who,
            .before = place.key > INT16_MAX || place.key < 0 ? INT16_MAX : (int16_t)place.key,
            .before_id = place.id,
            .most = LEADS_SHOWN + 1},
        &rows));
    *out_rows = ARENA_ARRAY(web->ctx->arena, rows.n, struct lead_row);
    *out_n = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        (*out_rows)[i] = LEAD_ROW(&rows.row[i], rows.row[i].score);
    }
    return ERR_NONE;
}

static enum err fetch_by_time(struct web *web, const struct panel_view *view,
                              struct lead_row **out_rows, size_t *out_n)
{
    struct place place = read_after(web);
    struct sql_account_leads_rows rows;
    TRY(sql_account_leads(web->db,
                          &(struct sql_account_leads_in){.dataset = web->session.dataset,
                                                         .account = view->account,
                                                         .who = (int16_t)view->who,
                                                         .before = place.key,
                                                         .before_id = place.id,
                                                         .most = LEADS_SHOWN + 1},
                          &rows));
    *out_rows = ARENA_ARRAY(web->ctx->arena, rows.n, struct lead_row);
    *out_n = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        (*out_rows)[i] = LEAD_ROW(&rows.row[i], rows.row[i].last_at);
    }
    return ERR_NONE;
}

static int64_t read_who(struct web *web)
{
    struct str who = web_query(web, "who");
    return str_eq(who, STR("contacts"))    ? WHO_CONTACTS
           : str_eq(who, STR("anonymous")) ? WHO_ANONYMOUS
           : str_eq(who, STR("hidden"))    ? WHO_HIDDEN
                                           : WHO_ALL;
}

static enum err load_n_hidden(struct web *web, struct panel_view *view)
{
    struct sql_account_leads_hidden hidden;
    const struct sql_account_leads_hidden_in in = {.dataset = web->session.dataset,
                                                   .account = view->account};
    TRY(sql_account_leads_hidden(web->db, &in, &hidden));
    view->n_hidden = hidden.leads;
    return ERR_NONE;
}

static enum err load_leads(struct web *web, struct panel_view *view)
{
    struct lead_row *rows;
    size_t n;
    view->who = read_who(web);
    view->by_score = str_eq(web_query(web, "by"), STR("score"));
    TRY(view->by_score ? fetch_by_score(web, view, &rows, &n)
                       : fetch_by_time(web, view, &rows, &n));
    struct lead_view *leads = ARENA_ARRAY(web->ctx->arena, n, struct lead_view);
    for (size_t i = 0; i < n && i < LEADS_SHOWN; i++) {
        leads[view->n_leads++] = draw_lead(web, view, &rows[i]);
    }
    if (n > LEADS_SHOWN) {
        view->more_leads =
            arena_print(web->ctx->arena, "%lld_%lld", (long long)rows[LEADS_SHOWN - 1].key,
                        (long long)rows[LEADS_SHOWN - 1].id);
    }
    view->leads = leads;
    TRY(load_n_hidden(web, view));
    return open_lead(web, leads, view->n_leads);
}

static enum err load_first_channel(struct web *web, struct panel_view *view)
{
    struct sql_account_first_channel_rows rows;
    TRY(sql_account_first_channel(
        web->db,
        &(struct sql_account_first_channel_in){.dataset = web->session.dataset,
                                               .account = view->account},
        &rows));
    if (rows.n == 1 && !rows.row[0].channel_null) {
        struct str source = str_cut(rows.row[0].source, 80);
        view->first_channel =
            arena_print(web->ctx->arena, "%s%s%.*s", channel_name(rows.row[0].channel),
                        str_is_empty(source) ? "" : ", ", STR_ARG(source));
        view->first_landing = panel_draw_path(web->ctx, rows.row[0].landing);
    }
    return ERR_NONE;
}

/* A card of a lead that has only an email: that lead, opened. */
static enum err load_single(struct web *web, struct panel_view *view)
{
    struct lead_view *lead = ARENA_NEW(web->ctx->arena, struct lead_view);
    struct sql_lead_get row;
    TRY(web_need(web,
                 sql_lead_get(web->db,
                              &(struct sql_lead_get_in){.dataset = web->session.dataset,
                                                        .lead = view->lead},
                              &row),
                 CARD_MISSING));
    *lead = (struct lead_view){
        .id = row.id,
        .name = panel_draw_name(web->ctx, row.first_name, row.last_name, row.email),
        .initials = view->initials,
        .hue = view->hue,
        .score = row.score,
        .hot = card_draw_is_hot(row.score),
        .sessions = row.sessions,
        .events = row.events,
        .last_at = row.last_at,
        .open = true,
        .channel = row.last_channel_null ? "" : channel_name(row.last_channel),
        .source = row.last_source,
        .base = view->base,
        .board = view->board,
        .card = view->card,
    };
    view->first_at = row.first_at;
    view->leads = lead;
    view->n_leads = 1;
    return panel_load_sessions(web, view->lead, 0, &lead->shown);
}

enum err panel_activity_load(struct web *web, struct panel_view *view)
{
    if (view->account == 0) {
        return load_single(web, view);
    }
    TRY(load_first_channel(web, view));
    return load_leads(web, view);
}
