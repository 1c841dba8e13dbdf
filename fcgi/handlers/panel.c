#include "fcgi/handlers/panel.h"

#include "fcgi/card_draw.h"
#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "gen/templates.h"
#include "shared/cards.h"
#include "shared/channel.h"
#include "shared/clock.h"
#include "shared/markdown.h"

#define LEADS_SHOWN 20
#define HISTORY_SHOWN 50

enum err panel_load_sessions(struct web *web, int64_t lead, int64_t before,
                             struct sessions_view *out_sessions)
{
    struct sql_lead_sessions_rows rows;
    TRY(sql_lead_sessions(web->db,
                          &(struct sql_lead_sessions_in){
                              .dataset = web->session.dataset,
                              .lead = lead,
                              .before = before > 0 ? before : INT64_MAX,
                              .most = SESSIONS_SHOWN + 1,
                          },
                          &rows));
    *out_sessions = panel_draw_sessions(web->ctx, lead, &rows);
    return ERR_NONE;
}

/* ---- activity ---- */

static struct lead_view draw_lead(struct web *web, const struct panel_view *view,
                                  const struct sql_account_leads *row)
{
    struct ctx *ctx = web->ctx;
    struct str name = panel_draw_name(ctx, row->first_name, row->last_name, row->email);
    bool anonymous = str_is_empty(row->email) && str_is_empty(row->first_name) &&
                     str_is_empty(row->last_name);
    return (struct lead_view){
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
        .channel = row->last_channel_null ? "" : channel_name(row->last_channel),
        .source = row->last_source,
        .base = view->base,
        .tags = row->tags.v,
        .n_tags = row->tags.n,
    };
}

/* ?after=<time>_<id>: behind the leads a page has. */
static void read_after(struct web *web, struct sql_account_leads_in *in)
{
    struct str text = web_query(web, "after"), at;
    in->before = INT64_MAX;
    in->before_id = INT64_MAX;
    if (!str_next(&text, '_', &at) || !str_to_i64(at, &in->before) ||
        !str_to_i64(text, &in->before_id)) {
        in->before = INT64_MAX;
    }
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

static enum err load_leads(struct web *web, struct panel_view *view)
{
    struct sql_account_leads_in in = {
        .dataset = web->session.dataset, .account = view->account, .most = LEADS_SHOWN + 1};
    struct sql_account_leads_rows rows;
    read_after(web, &in);
    TRY(sql_account_leads(web->db, &in, &rows));
    struct lead_view *leads = ARENA_ARRAY(web->ctx->arena, rows.n, struct lead_view);
    for (size_t i = 0; i < rows.n && i < LEADS_SHOWN; i++) {
        leads[view->n_leads++] = draw_lead(web, view, &rows.row[i]);
    }
    if (rows.n > LEADS_SHOWN) {
        const struct sql_account_leads *last = &rows.row[LEADS_SHOWN - 1];
        view->more_leads = arena_print(web->ctx->arena, "%lld_%lld", (long long)last->last_at,
                                       (long long)last->id);
    }
    view->leads = leads;
    return open_lead(web, leads, view->n_leads);
}

static enum err load_why(struct web *web, struct panel_view *view)
{
    struct sql_card_why_rows rows;
    TRY(sql_card_why(
        web->db, &(struct sql_card_why_in){.dataset = web->session.dataset, .card = view->card},
        &rows));
    if (rows.n == 0) {
        return ERR_NONE;
    }
    const struct sql_card_why *row = &rows.row[0];
    view->why_at = row->at;
    view->why =
        panel_draw_sentence(web->ctx, &(struct ledger_entry){.kind = row->kind,
                                                             .actor_kind = row->actor_kind,
                                                             .from = row->from_stage,
                                                             .to = row->to_stage,
                                                             .actor = row->actor,
                                                             .detail = row->detail});
    return ERR_NONE;
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

static enum err load_cards(struct web *web, struct panel_view *view)
{
    struct sql_account_cards_rows rows;
    TRY(sql_account_cards(web->db,
                          &(struct sql_account_cards_in){.dataset = web->session.dataset,
                                                         .account = view->account,
                                                         .user = web->session.user},
                          &rows));
    struct panel_card *cards = ARENA_ARRAY(web->ctx->arena, rows.n, struct panel_card);
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.row[i].id != view->card) {
            cards[view->n_cards++] = (struct panel_card){.board = rows.row[i].board_id,
                                                         .card = rows.row[i].id,
                                                         .board_name = rows.row[i].board,
                                                         .stage = rows.row[i].stage};
        }
    }
    view->cards = cards;
    return ERR_NONE;
}

static enum err load_tags(struct web *web, struct panel_view *view)
{
    struct sql_account_tags_rows rows;
    TRY(sql_account_tags(web->db,
                         &(struct sql_account_tags_in){.dataset = web->session.dataset,
                                                       .account = view->account},
                         &rows));
    struct str *tags = ARENA_ARRAY(web->ctx->arena, rows.n, struct str);
    for (size_t i = 0; i < rows.n; i++) {
        tags[i] = rows.row[i].name;
    }
    view->tags = tags;
    view->n_tags = rows.n;
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
        .tags = row.tags.v,
        .n_tags = row.tags.n,
    };
    view->parts = panel_draw_parts(web->ctx, row.score_parts);
    view->first_at = row.first_at;
    view->leads = lead;
    view->n_leads = 1;
    return panel_load_sessions(web, view->lead, 0, &lead->shown);
}

static enum err load_activity(struct web *web, struct panel_view *view)
{
    if (view->card != 0) {
        TRY(load_why(web, view));
    }
    if (view->account == 0) {
        return load_single(web, view);
    }
    TRY(load_first_channel(web, view));
    TRY(load_cards(web, view));
    TRY(load_tags(web, view));
    return load_leads(web, view);
}

/* ---- details ---- */

struct fact_source {
    const struct sql_account_facts_rows *rows;
    struct fact_view *facts;
    size_t n;
};

static void add_fact(struct fact_source *from, const char *field, const char *name,
                     struct str value)
{
    if (str_is_empty(value)) {
        return;
    }
    struct fact_view *fact = &from->facts[from->n++];
    *fact = (struct fact_view){.name = str_from(name), .value = value};
    for (size_t i = 0; i < from->rows->n; i++) {
        const struct sql_account_facts *row = &from->rows->row[i];
        if (str_eq(row->field, str_from(field))) {
            fact->source = str_eq(row->source, STR("hand")) ? STR("by hand") : row->source;
            fact->by = row->user;
            fact->at = row->fetched_at;
        }
    }
}

static struct str number_text(struct web *web, bool null, int32_t number)
{
    return null ? (struct str){.p = NULL} : arena_print(web->ctx->arena, "%d", (int)number);
}

static enum err load_details(struct web *web, struct panel_view *view,
                             const struct sql_account_get *account)
{
    struct sql_account_facts_rows rows;
    TRY(sql_account_facts(web->db,
                          &(struct sql_account_facts_in){.dataset = web->session.dataset,
                                                         .account = view->account},
                          &rows));
    struct fact_source from = {.rows = &rows,
                               .facts = ARENA_ARRAY(web->ctx->arena, 20, struct fact_view)};
    add_fact(&from, "description", "Description", str_cut(account->description, 2000));
    from.facts[0].wide = from.n == 1;
    add_fact(&from, "industry", "Industry", account->industry);
    add_fact(&from, "employees", "Employees",
             number_text(web, account->employees_null, account->employees));
    add_fact(&from, "revenue", "Revenue", account->revenue);
    add_fact(&from, "founded", "Founded",
             number_text(web, account->founded_null, account->founded));
    add_fact(&from, "address", "Address", account->address);
    add_fact(&from, "city", "City", account->city);
    add_fact(&from, "region", "Region", account->region);
    add_fact(&from, "country", "Country", account->country);
    add_fact(&from, "phone", "Phone", account->phone);
    add_fact(&from, "email", "Email", account->email);
    add_fact(&from, "website", "Website", account->website);
    if (from.n > 0 && !str_is_empty(account->website)) {
        from.facts[from.n - 1].url = panel_draw_link(account->website);
    }
    add_fact(&from, "linkedin", "LinkedIn", account->linkedin);
    if (from.n > 0 && !str_is_empty(account->linkedin)) {
        from.facts[from.n - 1].url = panel_draw_link(account->linkedin);
    }
    view->facts = from.facts;
    view->n_facts = from.n;
    view->enriched_at = account->enriched_at_null ? 0 : account->enriched_at;
    view->enrich_message = account->enrich_message;
    return ERR_NONE;
}

/* ---- notes and history ---- */

static enum err load_notes(struct web *web, struct panel_view *view)
{
    struct sql_note_list_rows rows;
    TRY(sql_note_list(web->db,
                      &(struct sql_note_list_in){.dataset = web->session.dataset,
                                                 .account = view->account,
                                                 .account_null = view->account == 0,
                                                 .lead = view->lead,
                                                 .lead_null = view->lead == 0},
                      &rows));
    struct str back = arena_print(web->ctx->arena, "%.*s?tab=notes", STR_ARG(view->base));
    struct note_view *notes = ARENA_ARRAY(web->ctx->arena, rows.n, struct note_view);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_note_list *row = &rows.row[i];
        notes[i] = (struct note_view){
            .id = row->id,
            .created_at = row->created_at,
            .edited_at = row->edited_at_null ? 0 : row->edited_at,
            .author = row->author,
            .initials = mark_initials(web->ctx->arena, row->author),
            .hue = mark_hue(row->author),
            .csrf = view->csrf,
            .back = back,
            .pinned = row->pinned,
            .may_edit = row->user_id == web->session.user || web->session.role >= ROLE_ADMIN,
            .body = markdown_html(web->ctx->arena, row->body),
        };
    }
    view->shown_notes = notes;
    view->n_shown_notes = rows.n;
    return ERR_NONE;
}

static enum err load_history(struct web *web, struct panel_view *view)
{
    struct sql_card_history_in in = {.dataset = web->session.dataset,
                                     .card = view->card,
                                     .before = INT64_MAX,
                                     .most = HISTORY_SHOWN + 1};
    struct sql_card_history_rows rows;
    int64_t before;
    if (str_to_i64(web_query(web, "before"), &before) && before > 0) {
        in.before = before;
    }
    TRY(sql_card_history(web->db, &in, &rows));
    struct history_view *history =
        ARENA_ARRAY(web->ctx->arena, HISTORY_SHOWN, struct history_view);
    for (size_t i = 0; i < rows.n && i < HISTORY_SHOWN; i++) {
        const struct sql_card_history *row = &rows.row[i];
        history[i].at = row->at;
        history[i].sentence =
            panel_draw_sentence(web->ctx, &(struct ledger_entry){.kind = row->kind,
                                                                 .actor_kind = row->actor_kind,
                                                                 .same_stage = row->same_stage,
                                                                 .from = row->from_stage,
                                                                 .to = row->to_stage,
                                                                 .actor = row->actor,
                                                                 .detail = row->detail});
        view->n_history++;
    }
    if (rows.n > HISTORY_SHOWN) {
        view->history_before = history[HISTORY_SHOWN - 1].at;
    }
    view->history = history;
    return ERR_NONE;
}

/* ---- the whole ---- */

static void draw_about(struct web *web, struct panel_view *view,
                       const struct sql_account_get *account)
{
    const struct str parts[] = {account->industry, account->city, account->country};
    struct sb sb;
    sb_init(&sb, web->ctx->arena, 1000);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!str_is_empty(parts[i])) {
            sb_printf(&sb, "%s%.*s",
                      sb.n == 0 ? ""
                      : i == 2  ? ", "
                                : " · ",
                      STR_ARG(str_cut(parts[i], 100)));
        }
    }
    view->about = sb_view(&sb);
}

static enum err load_account(struct web *web, struct panel_view *view,
                             struct sql_account_get *account)
{
    TRY(web_need(web,
                 sql_account_get(web->db,
                                 &(struct sql_account_get_in){.dataset = web->session.dataset,
                                                              .account = view->account},
                                 account),
                 "This company does not exist, or you may not see it."));
    view->title = account->name;
    view->domain = account->domain;
    view->logo = account->logo;
    view->score = account->score;
    view->parts = panel_draw_parts(web->ctx, account->parts);
    view->first_at = account->first_at_null ? 0 : account->first_at;
    draw_about(web, view, account);
    return ERR_NONE;
}

static int64_t read_tab(struct web *web, const struct panel_view *view)
{
    struct str tab = web_query(web, "tab");
    if (str_eq(tab, STR("details")) && view->account != 0) {
        return TAB_DETAILS;
    }
    if (str_eq(tab, STR("history")) && view->card != 0) {
        return TAB_HISTORY;
    }
    return str_eq(tab, STR("notes")) ? TAB_NOTES : TAB_ACTIVITY;
}

static enum err load_tab(struct web *web, struct panel_view *view,
                         const struct sql_account_get *account)
{
    switch ((enum panel_tab)view->tab) {
    case TAB_DETAILS:
        return load_details(web, view, account);
    case TAB_NOTES:
        return load_notes(web, view);
    case TAB_HISTORY:
        return load_history(web, view);
    case TAB_ACTIVITY:
    default:
        return load_activity(web, view);
    }
}

enum err panel_load(struct web *web, struct panel_view *view)
{
    struct sql_account_get account = {.id = 0};
    struct sql_note_count count;
    view->csrf = view->page.csrf;
    view->tab = read_tab(web, view);
    if (view->account != 0) {
        TRY(load_account(web, view, &account));
    }
    view->initials = mark_initials(web->ctx->arena, view->title);
    view->hue = mark_hue(str_is_empty(view->domain) ? view->title : view->domain);
    view->hot = card_draw_is_hot(view->score);
    TRY(sql_note_count(web->db,
                       &(struct sql_note_count_in){.dataset = web->session.dataset,
                                                   .account = view->account,
                                                   .account_null = view->account == 0,
                                                   .lead = view->lead,
                                                   .lead_null = view->lead == 0},
                       &count));
    view->n_notes = count.notes;
    return load_tab(web, view, &account);
}

void panel_answer(const struct request *request, struct response *response,
                  struct panel_view *view)
{
    response_header(response, "Vary", STR("HX-Request"));
    view->whole = !web_is_partial(request);
    if (view->whole) {
        tpl_panel(&response->body, view);
    } else {
        tpl_panel_body(&response->body, view);
    }
}
