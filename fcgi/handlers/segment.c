/* One segment: its members, who entered and left, page by page; a quick one, which is looked up
 * when it is looked at; duplicating it, giving it to somebody else, deleting it. */
#include "fcgi/handlers/segments.h"
#include "fcgi/handlers.h"

#include "gen/templates.h"

#define ROWS_SHOWN 50
#define QUICK_TIMEOUT_MS 5000

/* ---- members ---- */

/* "17642_35": the moment and the member behind which the page begins. */
static void read_place(const struct web *web, int64_t *out_at, int64_t *out_id)
{
    struct str text = web_query(web, "after");
    size_t mark = str_find(text, '_');
    if (!str_to_i64(str_slice(text, 0, mark), out_at) ||
        !str_to_i64(str_slice(text, mark + 1, text.n), out_id)) {
        *out_at = INT64_MAX;
        *out_id = INT64_MAX;
    }
}

static void end_page(struct web *web, struct segment_view *view,
                     struct segment_member_row *rows, size_t n)
{
    view->rows = rows;
    view->n_rows = n > ROWS_SHOWN ? ROWS_SHOWN : n;
    if (n > ROWS_SHOWN) {
        const struct segment_member_row *last = &rows[ROWS_SHOWN - 1];
        view->next = arena_print(web->ctx->arena, "/segments/%lld?after=%lld_%lld",
                                 (long long)view->id, (long long)last->at, (long long)last->id);
    }
}

static enum err draw_accounts(struct web *web, struct segment_view *view)
{
    struct sql_segment_accounts_page_rows rows;
    struct sql_segment_accounts_page_in in = {
        .dataset = web->session.dataset, .segment = view->id, .most = ROWS_SHOWN + 1};
    read_place(web, &in.before, &in.before_id);
    TRY(sql_segment_accounts_page(web->db, &in, &rows));
    struct segment_member_row *list =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct segment_member_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_segment_accounts_page *row = &rows.row[i];
        list[i] = (struct segment_member_row){
            .id = row->id,
            .name = str_is_null(row->name) ? STR("A company that is gone") : row->name,
            .note = row->domain,
            .score = row->score_null ? 0 : row->score,
            .last_at = row->last_at_null ? 0 : row->last_at,
            .at = row->entered_at};
    }
    end_page(web, view, list, rows.n);
    return ERR_NONE;
}

static enum err draw_leads(struct web *web, struct segment_view *view)
{
    struct sql_segment_leads_page_rows rows;
    struct sql_segment_leads_page_in in = {
        .dataset = web->session.dataset, .segment = view->id, .most = ROWS_SHOWN + 1};
    read_place(web, &in.before, &in.before_id);
    TRY(sql_segment_leads_page(web->db, &in, &rows));
    struct segment_member_row *list =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct segment_member_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_segment_leads_page *row = &rows.row[i];
        list[i] = (struct segment_member_row){
            .id = row->id,
            .is_lead = true,
            .name = str_is_null(row->name) ? STR("Somebody who is gone") : row->name,
            .note = row->company,
            .score = row->score_null ? 0 : row->score,
            .last_at = row->last_at_null ? 0 : row->last_at,
            .at = row->entered_at};
    }
    end_page(web, view, list, rows.n);
    return ERR_NONE;
}

enum err handle_segment(struct web *web, struct request *request, struct response *response)
{
    struct sql_segment_get row;
    struct segment_view view;
    TRY(segment_load(web, &row));
    TRY(segment_head(web, request, response, &row, &view));
    TRY(view.leads ? draw_leads(web, &view) : draw_accounts(web, &view));
    segment_come_again(&view);
    tpl_segment(&response->body, &view);
    return ERR_NONE;
}

/* ---- who entered and left ---- */

static struct str cause_words(int16_t cause)
{
    switch ((int)cause) {
    case SEGMENT_CHANGED:
        return STR("something about them changed");
    case SEGMENT_AGED:
        return STR("time passed");
    default:
        return STR("the segment was made or edited");
    }
}

static enum err draw_changes(struct web *web, struct segment_view *view)
{
    int64_t before = INT64_MAX;
    struct sql_segment_changes_page_rows rows;
    (void)str_to_i64(web_query(web, "before"), &before);
    const struct sql_segment_changes_page_in in = {
        .dataset = web->session.dataset,
        .segment = view->id,
        .subject = (int16_t)(view->leads ? FILTER_LEADS : FILTER_ACCOUNTS),
        .before = before,
        .most = ROWS_SHOWN + 1};
    TRY(sql_segment_changes_page(web->db, &in, &rows));
    struct segment_member_row *list =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct segment_member_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_segment_changes_page *row = &rows.row[i];
        bool gone = str_is_null(row->name);
        list[i] = (struct segment_member_row){
            .id = row->member,
            .is_lead = view->leads,
            .gone = gone,
            .name = gone ? STR("somebody who was merged or is gone") : row->name,
            .at = row->at,
            .entered = row->entered,
            .why = cause_words(row->cause)};
    }
    view->rows = list;
    view->n_rows = rows.n > ROWS_SHOWN ? ROWS_SHOWN : rows.n;
    if (rows.n > ROWS_SHOWN) {
        view->next = arena_print(web->ctx->arena, "/segments/%lld/changes?before=%lld",
                                 (long long)view->id, (long long)rows.row[ROWS_SHOWN - 1].id);
    }
    return ERR_NONE;
}

enum err handle_segment_changes(struct web *web, struct request *request,
                                struct response *response)
{
    struct sql_segment_get row;
    struct segment_view view;
    TRY(segment_load(web, &row));
    TRY(segment_head(web, request, response, &row, &view));
    view.changes = true;
    TRY(draw_changes(web, &view));
    segment_come_again(&view);
    tpl_segment(&response->body, &view);
    return ERR_NONE;
}

/* ---- quick segments ---- */

static const struct segment_quick *find_quick(struct str key)
{
    size_t n;
    const struct segment_quick *list = segment_quick_list(&n);
    for (size_t i = 0; i < n; i++) {
        if (str_eq(key, str_from(list[i].key))) {
            return &list[i];
        }
    }
    return NULL;
}

static enum err quick_rows(struct web *web, struct sql_i64s ids, struct segment_view *view)
{
    struct segment_member_row *list =
        ARENA_ARRAY(web->ctx->arena, ids.n, struct segment_member_row);
    struct sql_segment_accounts_of_ids_rows accounts = {0};
    struct sql_segment_leads_of_ids_rows leads = {0};
    if (view->leads) {
        TRY(sql_segment_leads_of_ids(
            web->db,
            &(struct sql_segment_leads_of_ids_in){.dataset = web->session.dataset, .ids = ids},
            &leads));
    } else {
        TRY(sql_segment_accounts_of_ids(web->db,
                                        &(struct sql_segment_accounts_of_ids_in){
                                            .dataset = web->session.dataset, .ids = ids},
                                        &accounts));
    }
    for (size_t i = 0; i < leads.n; i++) {
        list[i] = (struct segment_member_row){.id = leads.row[i].id,
                                              .is_lead = true,
                                              .name = leads.row[i].name,
                                              .note = leads.row[i].company,
                                              .score = leads.row[i].score,
                                              .last_at = leads.row[i].last_at};
    }
    for (size_t i = 0; i < accounts.n; i++) {
        const struct sql_segment_accounts_of_ids *row = &accounts.row[i];
        list[i] = (struct segment_member_row){.id = row->id,
                                              .name = row->name,
                                              .note = row->domain,
                                              .score = row->score,
                                              .last_at = row->last_at_null ? 0 : row->last_at};
    }
    view->rows = list;
    view->n_rows = leads.n + accounts.n;
    return ERR_NONE;
}

static enum err quick_page(struct web *web, const struct segment_quick *quick,
                           const struct filter *filter, struct segment_view *view)
{
    int64_t before = 0;
    struct sql_i64s ids;
    const struct filter_query query = {
        .dataset = web->session.dataset, .filter = filter, .timeout_ms = QUICK_TIMEOUT_MS};
    (void)str_to_i64(web_query(web, "before"), &before);
    TRY(filter_page(web->ctx, web->db, &query, before > 0 ? before : 0, ROWS_SHOWN + 1, &ids));
    if (before <= 0) {
        TRY(filter_count(web->ctx, web->db, &query, &view->members));
        view->counted = true;
    }
    if (ids.n > ROWS_SHOWN) {
        ids.n = ROWS_SHOWN;
        view->next = arena_print(web->ctx->arena, "/segments/quick?show=%s&before=%lld",
                                 quick->key, (long long)ids.v[ROWS_SHOWN - 1]);
    }
    return quick_rows(web, ids, view);
}

enum err handle_segment_quick(struct web *web, struct request *request,
                              struct response *response)
{
    const struct segment_quick *quick = find_quick(web_query(web, "show"));
    struct filter filter;
    if (quick == NULL) {
        return web_not_found(web, "There is no quick segment of this name.");
    }
    TRY(filter_parse(web->ctx, str_from(quick->filter), &filter));
    struct segment_view view = {
        .page = page_make(web, request, response, quick->name, NAV_SEGMENTS),
        .quick = str_from(quick->key),
        .name = str_from(quick->name),
        .sentence = filter_sentence(web->ctx, &filter, NULL),
        .leads = filter.subject == FILTER_LEADS};
    TRY(quick_page(web, quick, &filter, &view));
    tpl_segment(&response->body, &view);
    return ERR_NONE;
}

/* ---- duplicating ---- */

enum err handle_segment_copy(struct web *web, struct request *request,
                             struct response *response)
{
    struct sql_segment_get row;
    struct filter filter;
    int64_t id;
    TRY(segment_load(web, &row));
    if (filter_parse(web->ctx, row.filter, &filter) != ERR_NONE) {
        ctx_clear(web->ctx);
        return web_conflict(web, "This segment's filter cannot be read, so there is nothing to "
                                 "duplicate.");
    }
    struct str cut = str_cut(row.name, SEGMENT_NAME_MAX - sizeof("Copy of "));
    const struct segment_save save = {
        .dataset = web->session.dataset,
        .name = arena_print(web->ctx->arena, "Copy of %.*s", STR_ARG(cut)),
        .user = web->session.user,
        .shared = row.shared,
        .filter = &filter};
    TRY(segment_save(web->db, &save, &id));
    web->wake = true;
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/segments/%lld/edit", (long long)id),
        "This is your copy of %.*s: change what you like.", STR_ARG(row.name));
}

/* ---- another owner ---- */

struct owner_values {
    int64_t owner;
};
static const struct form_field owner_fields[] = {
    {.name = "owner",
     .label = "New owner",
     .kind = FORM_ID,
     .required = true,
     .offset = offsetof(struct owner_values, owner)},
};
const struct form_spec segment_owner_spec = FORM_SPEC(owner_fields, struct owner_values);

static enum err load_colleagues(struct web *web, const struct sql_segment_get *segment,
                                struct segment_view *view)
{
    struct sql_segment_colleagues_rows rows;
    TRY(sql_segment_colleagues(
        web->db, &(struct sql_segment_colleagues_in){.dataset = web->session.dataset}, &rows));
    struct segment_colleague *list =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct segment_colleague);
    for (size_t i = 0; i < rows.n; i++) {
        if (segment->user_id_null || rows.row[i].id != segment->user_id) {
            list[view->n_colleagues++] =
                (struct segment_colleague){rows.row[i].id, rows.row[i].name};
        }
    }
    view->colleagues = list;
    return ERR_NONE;
}

enum err handle_segment_owner(struct web *web, struct request *request,
                              struct response *response)
{
    struct sql_segment_get row;
    struct segment_view view;
    TRY(segment_load(web, &row));
    TRY(segment_need_edit(web, &row));
    TRY(segment_head(web, request, response, &row, &view));
    TRY(load_colleagues(web, &row, &view));
    if (view.n_colleagues == 0) {
        return web_conflict(web,
                            "There is nobody else who could own it: nobody else has access "
                            "to this dataset.");
    }
    tpl_segment_owner(&response->body, &view);
    return ERR_NONE;
}

enum err handle_segment_owner_post(struct web *web, struct request *request,
                                   struct response *response)
{
    const struct owner_values *values = web->form.values;
    struct sql_segment_get row;
    struct segment_view view = {0};
    TRY(segment_load(web, &row));
    TRY(segment_need_edit(web, &row));
    TRY(load_colleagues(web, &row, &view));
    for (size_t i = 0; i < view.n_colleagues; i++) {
        const struct segment_colleague *colleague = &view.colleagues[i];
        if (colleague->id != values->owner) {
            continue;
        }
        const struct sql_segment_give_in in = {
            .dataset = web->session.dataset, .segment = row.id, .owner = colleague->id};
        TRY(sql_segment_give(web->db, &in, NULL));
        struct str path =
            row.shared ? arena_print(web->ctx->arena, "/segments/%lld", (long long)row.id)
                       : STR("/segments");
        return web_redirect_saying(web, request, response, path, "%.*s belongs to %.*s now.",
                                   STR_ARG(row.name), STR_ARG(colleague->name));
    }
    return web_not_found(web, "This person has no access to the dataset any more.");
}

/* ---- deleting ---- */

struct delete_values {
    bool sure;
};
static const struct form_field delete_fields[] = {
    {.name = "sure",
     .label = "Yes, delete this segment",
     .kind = FORM_BOOL,
     .offset = offsetof(struct delete_values, sure)},
};
const struct form_spec segment_delete_spec = FORM_SPEC(delete_fields, struct delete_values);

enum err handle_segment_delete(struct web *web, struct request *request,
                               struct response *response)
{
    struct sql_segment_get row;
    struct segment_view view;
    TRY(segment_load(web, &row));
    TRY(segment_need_edit(web, &row));
    TRY(segment_head(web, request, response, &row, &view));
    tpl_segment_delete(&response->body, &view);
    return ERR_NONE;
}

/* What is left of it (its members, its record) the job throws away. */
enum err handle_segment_delete_post(struct web *web, struct request *request,
                                    struct response *response)
{
    const struct delete_values *values = web->form.values;
    int64_t dataset = web->session.dataset;
    struct sql_segment_get row;
    TRY(segment_load(web, &row));
    TRY(segment_need_edit(web, &row));
    if (!values->sure) {
        return web_redirect_saying(
            web, request, response,
            arena_print(web->ctx->arena, "/segments/%lld/delete", (long long)row.id),
            "Nothing was deleted: tick the box to confirm that you mean it.");
    }
    TRY(segment_remove(web->db, dataset, row.id));
    web->wake = true;
    return web_redirect_saying(web, request, response, STR("/segments"),
                               "The segment %.*s is deleted.", STR_ARG(row.name));
}
