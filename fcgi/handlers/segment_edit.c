/* The form in which a segment is built. It works without script: its buttons send it, and it is
 * drawn again; with script only the conditions are, and who matches is counted as it is built.
 */
#include "fcgi/handlers/segments.h"
#include "fcgi/filter_builder.h"
#include "fcgi/handlers.h"

#include "gen/templates.h"

#define COUNT_TIMEOUT_MS 2000

struct fields {
    struct str name, pressed, subject;
    int64_t segment;
    bool private;
    struct filter_form_lists lists;
};
static const struct form_field fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .max = SEGMENT_NAME_MAX,
     .offset = offsetof(struct fields, name)},
    {.name = "do",
     .label = "Button",
     .kind = FORM_TEXT,
     .offset = offsetof(struct fields, pressed)},
    {.name = "subject",
     .label = "Companies or people",
     .kind = FORM_TEXT,
     .offset = offsetof(struct fields, subject)},
    {.name = "segment",
     .label = "Segment",
     .kind = FORM_ID,
     .offset = offsetof(struct fields, segment)},
    {.name = "private",
     .label = "Only me",
     .kind = FORM_BOOL,
     .offset = offsetof(struct fields, private)},
    FILTER_FORM_FIELDS(struct fields, lists),
};
const struct form_spec segment_spec = FORM_SPEC(fields, struct fields);

/* ---- drawing ---- */

static void set_stored(const struct web *web, const struct sql_segment_get *row,
                       struct segment_edit_view *view)
{
    view->id = row->id;
    view->stored_name = row->name;
    view->may_hide = !row->user_id_null && row->user_id == web->session.user;
}

static enum err draw(struct web *web, struct request *request, struct response *response,
                     const struct filter_form *form, const struct filter *stored,
                     struct segment_edit_view *view)
{
    const struct filter_choices *choices;
    struct str action =
        view->id == 0 ? STR("/segments")
                      : arena_print(web->ctx->arena, "/segments/%lld", (long long)view->id);
    TRY(filter_choices_load(web, view->id, &choices));
    filter_builder_draw(web->ctx, form, choices, stored, action, &view->builder);
    if (web_is_partial(request)) {
        response_header(response, "HX-Trigger", STR("rows-changed"));
        tpl_filter_builder(&response->body, &view->builder);
        return ERR_NONE;
    }
    view->page = page_make(web, request, response,
                           view->id == 0 ? "New segment" : "Edit segment", NAV_SEGMENTS);
    view->leads = form->subject == FILTER_LEADS;
    view->subject = str_from(filter_subject_name(form->subject));
    view->wrong = form_list_message(&web->form);
    view->name_wrong = form_message(&web->form, "name");
    web_form_status(web, response);
    tpl_segment_edit(&response->body, view);
    return ERR_NONE;
}

/* ---- beginning ---- */

/* With a quick segment, or another's subject, to begin with. */
static enum err begin(struct web *web, struct filter_form *form, struct segment_edit_view *view)
{
    size_t n;
    struct filter filter;
    enum filter_subject subject = FILTER_ACCOUNTS;
    struct str key = web_query(web, "quick");
    const struct segment_quick *list = segment_quick_list(&n);
    (void)filter_subject_from(web_query(web, "subject"), &subject);
    filter_form_begin(web->ctx->arena, subject, form);
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(key, str_from(list[i].key))) {
            continue;
        }
        TRY(filter_parse(web->ctx, str_from(list[i].filter), &filter));
        view->name = str_from(list[i].name);
        if (!filter_form_from_tree(web->ctx->arena, &filter, form)) {
            return web_conflict(web, "This quick segment cannot be edited.");
        }
    }
    return ERR_NONE;
}

enum err handle_segment_new(struct web *web, struct request *request, struct response *response)
{
    struct filter_form form;
    struct segment_edit_view view = {.may_hide = true};
    TRY(begin(web, &form, &view));
    return draw(web, request, response, &form, NULL, &view);
}

static enum err draw_missing(struct web *web, const struct filter *filter,
                             struct segment_edit_view *view)
{
    const struct filter *filters[] = {filter};
    const struct filter_names *names;
    TRY(filter_names_load(web->db, web->session.dataset, web->session.user, filters, 1,
                          &names));
    view->missing = filter_missing(web->ctx, filter, names);
    view->sentence = filter_sentence(web->ctx, filter, names);
    return ERR_NONE;
}

enum err handle_segment_edit(struct web *web, struct request *request,
                             struct response *response)
{
    struct sql_segment_get row;
    struct filter filter;
    struct filter_form form;
    TRY(segment_load(web, &row));
    TRY(segment_need_edit(web, &row));
    struct segment_edit_view view = {.name = row.name, .private = !row.shared};
    set_stored(web, &row, &view);
    if (filter_parse(web->ctx, row.filter, &filter) != ERR_NONE) {
        ctx_clear(web->ctx); /* built anew */
        filter_form_begin(web->ctx->arena, (enum filter_subject)row.subject, &form);
        return draw(web, request, response, &form, NULL, &view);
    }
    if (!filter_form_from_tree(web->ctx->arena, &filter, &form)) {
        return web_conflict(web, "This segment has more conditions than can be edited here. It "
                                 "still works.");
    }
    TRY(draw_missing(web, &filter, &view));
    view.counted = row.filled ? COUNTED : COUNT_NONE;
    view.matches = row.members;
    return draw(web, request, response, &form, &filter, &view);
}

/* ---- what was sent ---- */

static enum filter_subject subject_of(const struct fields *typed)
{
    enum filter_subject subject = FILTER_ACCOUNTS;
    (void)filter_subject_from(typed->subject, &subject);
    return subject;
}

static void read_form(struct web *web, enum filter_subject subject, struct filter_form *form,
                      struct segment_edit_view *view)
{
    const struct fields *typed = web->form.values;
    filter_form_read(web->ctx->arena, subject, &typed->lists, form);
    view->name = form_typed(&web->form, "name");
    view->private = typed->private;
}

/* True when the form is complete and right: *out_filter is what to store. */
static bool take(struct web *web, struct filter_form *form, struct filter *out_filter)
{
    const struct fields *typed = web->form.values;
    if (str_is_empty(typed->pressed) || filter_form_press(form, typed->pressed)) {
        return false;
    }
    if (typed->name.n == 0 && str_is_null(form_message(&web->form, "name"))) {
        form_refuse(&web->form, "name", "Name is needed.");
    }
    if (!filter_form_tree(web->ctx, form, out_filter)) {
        form_refuse(&web->form, "", "Some conditions are not complete yet.");
    }
    return form_is_right(&web->form);
}

/* What is wrong with the whole is told above the form. */
static enum err store(struct web *web, const struct segment_save *save, int64_t *out_id)
{
    enum err err = segment_save(web->db, save, out_id);
    if (err == ERR_INVALID || err == ERR_LIMIT) {
        form_refuse(&web->form, "", "%.*s", STR_ARG(web->ctx->why));
        ctx_clear(web->ctx);
        *out_id = 0;
        return ERR_NONE;
    }
    return err;
}

static enum err stored(struct web *web, struct request *request, struct response *response,
                       int64_t id, struct str name)
{
    web->wake = true;
    return web_redirect_saying(web, request, response,
                               arena_print(web->ctx->arena, "/segments/%lld", (long long)id),
                               "The segment %.*s is stored.", STR_ARG(name));
}

enum err handle_segment_add(struct web *web, struct request *request, struct response *response)
{
    const struct fields *typed = web->form.values;
    struct filter_form form;
    struct filter filter;
    struct segment_edit_view view = {.may_hide = true};
    int64_t id = 0;
    read_form(web, subject_of(typed), &form, &view);
    if (take(web, &form, &filter)) {
        struct segment_save save = {.dataset = web->session.dataset,
                                    .name = typed->name,
                                    .user = web->session.user,
                                    .shared = !typed->private,
                                    .filter = &filter};
        TRY(store(web, &save, &id));
    }
    return id != 0 ? stored(web, request, response, id, typed->name)
                   : draw(web, request, response, &form, NULL, &view);
}

enum err handle_segment_save(struct web *web, struct request *request,
                             struct response *response)
{
    const struct fields *typed = web->form.values;
    struct sql_segment_get row;
    struct filter_form form;
    struct filter filter, before;
    int64_t id = 0;
    TRY(segment_load(web, &row));
    TRY(segment_need_edit(web, &row));
    struct segment_edit_view view = {0};
    set_stored(web, &row, &view);
    bool known = filter_parse(web->ctx, row.filter, &before) == ERR_NONE;
    ctx_clear(web->ctx);
    read_form(web, (enum filter_subject)row.subject, &form, &view);
    bool right = take(web, &form, &filter);
    if (right && typed->private && !view.may_hide) {
        form_refuse(&web->form, "", "Only its owner can make a segment private.");
    } else if (right) {
        if (known) {
            filter_names_borrow(web->ctx, &filter, &before);
        }
        struct segment_save save = {.dataset = web->session.dataset,
                                    .id = row.id,
                                    .name = typed->name,
                                    .user = web->session.user,
                                    .shared = view.may_hide ? !typed->private : row.shared,
                                    .filter = &filter};
        TRY(store(web, &save, &id));
    }
    return id != 0 ? stored(web, request, response, id, typed->name)
                   : draw(web, request, response, &form, known ? &before : NULL, &view);
}

/* ---- counting ---- */

/* In a transaction of its own: it may take too long. */
static enum err count(struct web *web, const struct filter *filter,
                      struct segment_edit_view *view)
{
    const struct db_scope scope = web_scope(web);
    const struct filter_query query = {
        .dataset = web->session.dataset, .filter = filter, .timeout_ms = COUNT_TIMEOUT_MS};
    TRY(db_begin(web->db, &scope));
    TRY(draw_missing(web, filter, view));
    enum err err = filter_count(web->ctx, web->db, &query, &view->matches);
    if (err == ERR_TIMEOUT) {
        db_rollback(web->db);
        ctx_clear(web->ctx);
        view->counted = COUNT_LATE;
        return ERR_NONE;
    }
    TRY(err);
    view->counted = COUNTED;
    return db_commit(web->db);
}

static enum err draw_counted(struct web *web, struct request *request,
                             struct response *response, const struct filter_form *form,
                             struct segment_edit_view *view)
{
    const struct fields *typed = web->form.values;
    const struct db_scope scope = web_scope(web);
    view->leads = form->subject == FILTER_LEADS;
    if (web_is_partial(request)) {
        tpl_segment_count(&response->body, view);
        return ERR_NONE;
    }
    struct sql_segment_get row;
    view->may_hide = true;
    TRY(db_begin(web->db, &scope));
    if (typed->segment != 0) {
        web->ids[0] = typed->segment;
        TRY(segment_load(web, &row));
        set_stored(web, &row, view);
    }
    TRY(draw(web, request, response, form, NULL, view));
    return db_commit(web->db);
}

enum err handle_segment_count(struct web *web, struct request *request,
                              struct response *response)
{
    struct filter_form form;
    struct filter filter;
    struct segment_edit_view view = {.counted = COUNT_WRONG};
    read_form(web, subject_of(web->form.values), &form, &view);
    if (filter_form_tree(web->ctx, &form, &filter)) {
        TRY(count(web, &filter, &view));
    }
    return draw_counted(web, request, response, &form, &view);
}
