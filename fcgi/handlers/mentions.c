/* Where colleagues mention the reader, and whom "@an" may mean while somebody writes. */
#include "fcgi/handlers/panel.h"
#include "fcgi/mark.h"
#include "fcgi/note_draw.h"
#include "gen/templates.h"

#define SHOWN 30
#define OPTIONS 8

/* ---- the list ---- */

struct seen_values {
    int64_t note; /* 0: all */
    bool open;    /* and go there */
    struct str back;
};
static const struct form_field seen_fields[] = {
    {.name = "note",
     .label = "Note",
     .kind = FORM_ID,
     .offset = offsetof(struct seen_values, note)},
    {.name = "open",
     .label = "Open it",
     .kind = FORM_BOOL,
     .offset = offsetof(struct seen_values, open)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct seen_values, back)},
};
const struct form_spec mention_seen_spec = FORM_SPEC(seen_fields, struct seen_values);

static enum err load_words(struct web *web, const struct sql_mention_list_rows *rows,
                           struct sql_mentions_of_notes_rows *out_words)
{
    int64_t *ids = ARENA_ARRAY(web->ctx->arena, rows->n, int64_t);
    for (size_t i = 0; i < rows->n; i++) {
        ids[i] = rows->row[i].note_id;
    }
    return sql_mentions_of_notes(
        web->db,
        &(struct sql_mentions_of_notes_in){.dataset = web->session.dataset,
                                           .notes = {.v = ids, .n = rows->n}},
        out_words);
}

static enum err load_list(struct web *web, struct mentions_view *view)
{
    struct sql_mention_list_in in = {.dataset = web->session.dataset,
                                     .user = web->session.user,
                                     .unseen = !view->all,
                                     .before = INT64_MAX,
                                     .most = SHOWN + 1};
    struct sql_mention_list_rows rows;
    struct sql_mentions_of_notes_rows words;
    int64_t before;
    if (str_to_i64(web_query(web, "before"), &before) && before > 0) {
        in.before = before;
    }
    TRY(sql_mention_list(web->db, &in, &rows));
    TRY(load_words(web, &rows, &words));
    struct mention_view *list = ARENA_ARRAY(web->ctx->arena, rows.n, struct mention_view);
    for (size_t i = 0; i < rows.n && i < SHOWN; i++) {
        const struct sql_mention_list *row = &rows.row[i];
        list[view->n_list++] = (struct mention_view){
            .note = row->note_id,
            .at = row->at,
            .seen = row->seen,
            .author = row->author,
            .initials = mark_initials(web->ctx->arena, row->author),
            .hue = mark_hue(row->author),
            .about = row->about,
            .csrf = view->csrf,
            .body = note_draw_body(web->ctx->arena, row->body, row->note_id, &words,
                                   web->session.user),
        };
    }
    view->list = list;
    view->before = rows.n > SHOWN ? list[SHOWN - 1].at : 0;
    return ERR_NONE;
}

enum err handle_mentions(struct web *web, struct request *request, struct response *response)
{
    struct mentions_view view = {
        .page = page_make(web, request, response, "Mentions", NAV_MENTIONS),
        .all = str_eq(web_query(web, "show"), STR("all")),
    };
    view.csrf = view.page.csrf;
    view.unread = view.page.mentions;
    TRY(load_list(web, &view));
    tpl_mentions(&response->body, &view);
    return ERR_NONE;
}

/* One, and on to its note; or all, and back. */
enum err handle_mention_seen(struct web *web, struct request *request,
                             struct response *response)
{
    (void)request;
    const struct seen_values *values = web->form.values;
    struct sql_note_get note;
    TRY(sql_mention_seen(web->db,
                         &(struct sql_mention_seen_in){.dataset = web->session.dataset,
                                                       .user = web->session.user,
                                                       .note = values->note,
                                                       .note_null = values->note == 0},
                         NULL));
    if (values->note == 0 || !values->open) {
        response_redirect(response,
                          response_is_local(values->back) ? values->back : STR("/mentions"));
        return ERR_NONE;
    }
    TRY(web_need(web,
                 sql_note_get(web->db,
                              &(struct sql_note_get_in){.dataset = web->session.dataset,
                                                        .note = values->note},
                              &note),
                 "This note was deleted, or you may not see it."));
    if (note.account_id_null) {
        return web_redirect(response, "/leads/%lld", (long long)note.lead_id);
    }
    return web_redirect(response, "/accounts/%lld?tab=notes#note-%lld",
                        (long long)note.account_id, (long long)note.id);
}

/* ---- while somebody writes ---- */

static bool starts_ci(struct str text, struct str start)
{
    return text.n >= start.n && str_eq_ci(str_slice(text, 0, start.n), start);
}

/* A word of the name, or the address, begins like this. */
static bool fits(const struct sql_mention_people *person, struct str start)
{
    if (starts_ci(person->email, start) || starts_ci(person->name, start)) {
        return true;
    }
    struct str rest = person->name, word;
    while (str_next(&rest, ' ', &word)) {
        if (starts_ci(word, start)) {
            return true;
        }
    }
    return false;
}

/* The name, unless two have it. */
static struct str word_for(struct web *web, const struct sql_mention_people_rows *people,
                           size_t i)
{
    struct str word = people->row[i].name;
    for (size_t k = 0; k < people->n; k++) {
        if (k != i && str_eq_ci(people->row[k].name, word)) {
            word = people->row[i].email;
        }
    }
    return arena_print(web->ctx->arena, "@%.*s", STR_ARG(word));
}

enum err handle_mention_people(struct web *web, struct request *request,
                               struct response *response)
{
    (void)request;
    struct str start = str_cut(web_query(web, "q"), 100);
    struct sql_mention_people_rows people;
    struct mention_option *list = ARENA_ARRAY(web->ctx->arena, OPTIONS, struct mention_option);
    struct mention_options_view view = {.list = list};
    TRY(sql_mention_people(web->db,
                           &(struct sql_mention_people_in){.workspace = web->session.workspace,
                                                           .dataset = web->session.dataset},
                           &people));
    for (size_t i = 0; i < people.n && view.n_list < OPTIONS; i++) {
        const struct sql_mention_people *person = &people.row[i];
        if (fits(person, start)) {
            list[view.n_list] = (struct mention_option){
                .name = person->name,
                .email = person->email,
                .word = word_for(web, &people, i),
                .initials = mark_initials(web->ctx->arena, person->name),
                .hue = mark_hue(person->name),
                .number = (int64_t)view.n_list,
            };
            view.n_list++;
        }
    }
    tpl_mention_options(&response->body, &view);
    return ERR_NONE;
}
