#include "fcgi/page.h"

#include "fcgi/web.h"

/* The first character of a word; UTF-8 sequences are kept whole. */
static struct str first_letter(struct str word)
{
    size_t n = word.n == 0 ? 0 : 1;
    while (n < word.n && ((unsigned char)word.p[n] & 0xc0) == 0x80) {
        n++;
    }
    return str_slice(word, 0, n);
}

/* "Jane van Doe" -> "JD" */
static struct str initials(struct ctx *ctx, struct str name)
{
    struct str word, first = {0}, last = {0}, rest = name;
    while (str_next(&rest, ' ', &word)) {
        if (word.n == 0) {
            continue;
        }
        if (first.n == 0) {
            first = first_letter(word);
        } else {
            last = first_letter(word);
        }
    }
    struct str made = arena_print(ctx->arena, "%.*s%.*s", STR_ARG(first), STR_ARG(last));
    char *upper = arena_cstr(ctx->arena, made);
    for (size_t i = 0; i < made.n; i++) {
        upper[i] = upper[i] >= 'a' && upper[i] <= 'z' ? (char)(upper[i] - 'a' + 'A') : upper[i];
    }
    return (struct str){.p = upper, .n = made.n};
}

static void fill_datasets(struct ctx *ctx, const struct session *session, struct page *page)
{
    struct page_dataset *datasets =
        ARENA_ARRAY(ctx->arena, session->n_datasets + 1, struct page_dataset);
    for (size_t i = 0; i < session->n_datasets; i++) {
        datasets[i] =
            (struct page_dataset){.id = session->datasets[i].id,
                                  .name = session->datasets[i].name,
                                  .current = session->datasets[i].id == session->dataset};
    }
    page->datasets = datasets;
    page->n_datasets = session->n_datasets;
}

struct page page_make(struct web *web, const struct request *request, struct response *response,
                      const char *title, enum page_nav nav)
{
    const struct session *session = &web->session;
    struct page page = {.title = str_from(title),
                        .nav = nav,
                        .signed_in = session->signed_in,
                        .may_manage = session->role >= ROLE_ADMIN,
                        .has_dataset = session->dataset != 0,
                        .workspace = session->workspace_name,
                        .user_name = session->user_name,
                        .dataset_name = session->dataset_name,
                        .mentions = session->mentions,
                        .stopped = session->stopped,
                        .troubled = session->troubled,
                        .here = request->method == METHOD_POST ? STR("/") : request->uri,
                        .request_id = web->ctx->id};
    if (session->signed_in) {
        page.user_initials = initials(web->ctx, session->user_name);
        fill_datasets(web->ctx, session, &page);
    }
    page.csrf = session_csrf(web->ctx, session, request, response);
    page.flash = session_flash_take(web->ctx, request, response);
    return page;
}
