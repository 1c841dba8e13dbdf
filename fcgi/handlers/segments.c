/* Segments: saved filters over companies. The form works without script: its buttons add and
 * remove conditions by sending it. */
#include "fcgi/handlers.h"

#include "fcgi/segment_form.h"
#include "fcgi/views/segments.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/filter.h"

#define COUNT_LIMIT 10000
#define NO_SEGMENT "This segment does not exist, or it is private to somebody else."
#define NAME_MAX_CHARACTERS 200

struct fields {
    struct str name, pressed;
    bool private, any;
    struct segment_form_lists lists;
};
static const struct form_field fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .max = NAME_MAX_CHARACTERS,
     .offset = offsetof(struct fields, name)},
    {.name = "do",
     .label = "Button",
     .kind = FORM_TEXT,
     .offset = offsetof(struct fields, pressed)},
    {.name = "private",
     .label = "Only me",
     .kind = FORM_BOOL,
     .offset = offsetof(struct fields, private)},
    {.name = "any",
     .label = "All or any",
     .kind = FORM_BOOL,
     .offset = offsetof(struct fields, any)},
    {.name = "group_match",
     .label = "All or any",
     .kind = FORM_TEXTS,
     .max = SEGMENT_GROUPS,
     .offset = offsetof(struct fields, lists.group_match)},
    {.name = "group",
     .label = "Group",
     .kind = FORM_TEXTS,
     .max = SEGMENT_CONDITIONS,
     .offset = offsetof(struct fields, lists.group)},
    {.name = "field",
     .label = "Field",
     .kind = FORM_TEXTS,
     .max = SEGMENT_CONDITIONS,
     .offset = offsetof(struct fields, lists.field)},
    {.name = "op",
     .label = "Comparison",
     .kind = FORM_TEXTS,
     .max = SEGMENT_CONDITIONS,
     .offset = offsetof(struct fields, lists.op)},
    {.name = "value",
     .label = "Value",
     .kind = FORM_TEXTS,
     .max = SEGMENT_CONDITIONS,
     .offset = offsetof(struct fields, lists.value)},
};
const struct form_spec segment_spec = FORM_SPEC(fields, struct fields);

/* ---- the list ---- */

/* A filter that cannot be read any more is still a row: it can be deleted. */
static struct str sentence(struct ctx *ctx, struct str json)
{
    struct filter root = {.subject = FILTER_ACCOUNTS};
    if (filter_parse(ctx, json, &root) != ERR_NONE) {
        ctx_clear(ctx);
        return STR("This filter cannot be read.");
    }
    return filter_sentence(ctx, &root, NULL);
}

enum err handle_segments(struct web *web, struct request *request, struct response *response)
{
    struct sql_segment_list_in in = {.dataset = web->session.dataset,
                                     .user = web->session.user};
    struct sql_segment_list_rows rows;
    TRY(sql_segment_list(web->db, &in, &rows));
    struct segment_row *list = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct segment_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_segment_list *row = &rows.row[i];
        list[i] = (struct segment_row){.id = row->id,
                                       .name = row->name,
                                       .sentence = sentence(web->ctx, row->filter),
                                       .is_private = !row->shared,
                                       .boards = row->boards,
                                       .updated_at = row->updated_at};
    }
    struct segments_view view = {
        .page = page_make(web, request, response, "Segments", NAV_SEGMENTS),
        .segments = list,
        .n_segments = rows.n};
    tpl_segments(&response->body, &view);
    return ERR_NONE;
}

/* ---- drawing the form ---- */

static void fill_fields(struct ctx *ctx, struct str chosen, struct segment_condition *condition)
{
    size_t n = 0;
    while (filter_field(n) != NULL) {
        n++;
    }
    struct segment_choice *list = ARENA_ARRAY(ctx->arena, n, struct segment_choice);
    for (size_t i = 0; i < n; i++) {
        const struct filter_field *field = filter_field(i);
        list[i] = (struct segment_choice){.value = field->name,
                                          .label = field->label,
                                          .chosen = str_eq(chosen, str_from(field->name))};
    }
    condition->fields = list;
    condition->n_fields = n;
}

static void fill_ops(struct ctx *ctx, struct str chosen, struct segment_condition *condition)
{
    struct segment_choice *list =
        ARENA_ARRAY(ctx->arena, FILTER_OP__COUNT, struct segment_choice);
    for (int i = 0; i < FILTER_OP__COUNT; i++) {
        const char *name = filter_op_name((enum filter_op)i);
        list[i] = (struct segment_choice){.value = name,
                                          .label = filter_op_name((enum filter_op)i),
                                          .chosen = str_eq(chosen, str_from(name))};
    }
    condition->ops = list;
    condition->n_ops = FILTER_OP__COUNT;
}

static void fill_group(struct ctx *ctx, const struct segment_form *form, size_t index,
                       struct segment_group *group)
{
    struct segment_condition *conditions =
        ARENA_ARRAY(ctx->arena, form->n_rows + 1, struct segment_condition);
    size_t n = 0;
    for (size_t i = 0; i < form->n_rows; i++) {
        const struct segment_form_row *row = &form->rows[i];
        if (row->group != index) {
            continue;
        }
        struct segment_condition *condition = &conditions[n++];
        *condition = (struct segment_condition){
            .index = i, .number = n, .group = index, .value = row->value, .wrong = row->wrong};
        fill_fields(ctx, row->field, condition);
        fill_ops(ctx, row->op, condition);
    }
    *group = (struct segment_group){.index = index,
                                    .number = index + 1,
                                    .any = form->group_any[index],
                                    .conditions = conditions,
                                    .n_conditions = n};
}

static void fill_form(struct ctx *ctx, const struct segment_form *form,
                      struct segment_view *view)
{
    struct segment_group *groups =
        ARENA_ARRAY(ctx->arena, SEGMENT_GROUPS, struct segment_group);
    for (size_t i = 0; i < form->n_groups; i++) {
        fill_group(ctx, form, i, &groups[i]);
    }
    view->any = form->any;
    view->groups = groups;
    view->n_groups = form->n_groups;
    view->has_groups = form->n_groups > 1;
}

static enum err draw(struct web *web, const struct request *request, struct response *response,
                     const struct segment_form *form, struct segment_view *view)
{
    view->page = page_make(web, request, response,
                           view->id == 0 ? "New segment" : "Edit segment", NAV_SEGMENTS);
    view->wrong = form_message(&web->form, "");
    view->name_wrong = form_message(&web->form, "name");
    fill_form(web->ctx, form, view);
    web_form_status(web, response);
    tpl_segment(&response->body, view);
    return ERR_NONE;
}

enum err handle_segment_new(struct web *web, struct request *request, struct response *response)
{
    struct segment_form form = {.n_groups = 1};
    segment_form_add_condition(&form, 0);
    struct segment_view view = {.shared = true};
    return draw(web, request, response, &form, &view);
}

/* ---- one that is stored ---- */

static enum err get(struct web *web, struct sql_segment_get *out_row)
{
    struct sql_segment_get_in in = {
        .dataset = web->session.dataset, .segment = web->ids[0], .user = web->session.user};
    return web_need(web, sql_segment_get(web->db, &in, out_row), NO_SEGMENT);
}

static enum err count(struct web *web, const struct filter *root,
                      struct segment_view *view)
{
    struct filter_query query = {
        .dataset = web->session.dataset, .filter = root};
    TRY(filter_count(web->ctx, web->db, &query, &view->matches));
    view->is_stored = true;
    view->many = view->matches == COUNT_LIMIT;
    return ERR_NONE;
}

enum err handle_segment(struct web *web, struct request *request, struct response *response)
{
    struct sql_segment_get row;
    TRY(get(web, &row));
    struct segment_view view = {
        .id = row.id, .name = row.name, .shared = row.shared, .boards = 0};
    struct filter root = {.subject = FILTER_ACCOUNTS};
    TRY(filter_parse(web->ctx, row.filter, &root));
    TRY(count(web, &root, &view));
    struct segment_form form;
    if (!segment_form_from_tree(web->ctx, &root.root, &form)) {
        return web_conflict(web,
                            "This segment has groups within groups, which cannot be edited "
                            "here. It still works on its boards.");
    }
    if (form.n_rows == 0) {
        segment_form_add_condition(&form, 0);
    }
    return draw(web, request, response, &form, &view);
}

/* ---- sending the form ---- */

/* "add:1", "remove:3", "group"; anything else means to store. True when it was such a button.
 */
static bool press(struct str pressed, struct segment_form *form)
{
    size_t mark = str_find(pressed, ':');
    struct str what = str_slice(pressed, 0, mark);
    int64_t number = 0;
    (void)str_to_i64(str_slice(pressed, mark + 1, pressed.n), &number);
    if (number < 0) {
        return false;
    }
    if (str_eq(what, STR("add"))) {
        segment_form_add_condition(form, (size_t)number);
    } else if (str_eq(what, STR("remove"))) {
        segment_form_remove(form, (size_t)number);
    } else if (str_eq(what, STR("group"))) {
        segment_form_add_group(form);
    } else {
        return false;
    }
    return true;
}

/* True when the form is complete and right: *out_json is what to store. */
static enum err take(struct web *web, struct segment_form *form, struct segment_view *view,
                     bool *out_complete, struct str *out_json)
{
    const struct fields *typed = web->form.values;
    segment_form_read(&typed->lists, form);
    form->any = typed->any;
    view->name = form_typed(&web->form, "name");
    view->shared = !typed->private;
    *out_complete = false;
    if (press(typed->pressed, form)) {
        return ERR_NONE;
    }
    if (typed->name.n == 0 && str_is_null(form_message(&web->form, "name"))) {
        form_refuse(&web->form, "name", "Name is needed.");
    }
    struct filter root = {.subject = FILTER_ACCOUNTS};
    if (!segment_form_tree(web->ctx, form, &root.root)) {
        form_refuse(&web->form, "", "Some conditions are not complete yet.");
    }
    if (!form_is_right(&web->form)) {
        return ERR_NONE;
    }
    *out_complete = true;
    return filter_json(web->ctx, &root, out_json);
}

enum err handle_segment_add(struct web *web, struct request *request, struct response *response)
{
    struct segment_form form;
    struct segment_view view = {0};
    bool complete;
    struct str json;
    TRY(take(web, &form, &view, &complete, &json));
    if (!complete) {
        return draw(web, request, response, &form, &view);
    }
    const struct fields *typed = web->form.values;
    struct sql_segment_add_in in = {.dataset = web->session.dataset,
                                    .name = typed->name,
                                    .user = web->session.user,
                                    .shared = !typed->private,
                                    .filter = json};
    struct sql_segment_add made;
    TRY(sql_segment_add(web->db, &in, &made));
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/segments/%lld", (long long)made.id),
        "The segment %.*s is stored.", STR_ARG(typed->name));
}

enum err handle_segment_save(struct web *web, struct request *request,
                             struct response *response)
{
    struct sql_segment_get row;
    TRY(get(web, &row));
    struct segment_form form;
    struct segment_view view = {.id = row.id, .boards = 0};
    bool complete;
    struct str json;
    TRY(take(web, &form, &view, &complete, &json));
    if (!complete) {
        return draw(web, request, response, &form, &view);
    }
    const struct fields *typed = web->form.values;
    if (typed->private && (row.user_id_null || row.user_id != web->session.user)) {
        form_refuse(&web->form, "", "Only its owner can make a segment private.");
        return draw(web, request, response, &form, &view);
    }
    struct sql_segment_update_in in = {.dataset = web->session.dataset,
                                       .segment = row.id,
                                       .name = typed->name,
                                       .shared = !typed->private,
                                       .filter = json};
    TRY(sql_segment_update(web->db, &in, NULL));
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/segments/%lld", (long long)row.id),
        "The segment %.*s is stored.", STR_ARG(typed->name));
}

enum err handle_segment_delete(struct web *web, struct request *request,
                               struct response *response)
{
    struct sql_segment_get row;
    TRY(get(web, &row));
    if (row.id < 0) {
        return web_conflict(web, "A board gets its companies from this segment. Give the board "
                                 "another one first.");
    }
    struct sql_segment_unlink_in unlink = {.dataset = web->session.dataset, .segment = row.id};
    struct sql_segment_remove_in remove = {.dataset = web->session.dataset, .segment = row.id};
    TRY(sql_segment_unlink(web->db, &unlink, NULL));
    TRY(sql_segment_remove(web->db, &remove, NULL));
    return web_redirect_saying(web, request, response, STR("/segments"),
                               "The segment %.*s is deleted.", STR_ARG(row.name));
}
