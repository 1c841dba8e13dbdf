#include "fcgi/web_error.h"

#include "fcgi/views/error.h"
#include "gen/templates.h"

struct words {
    int status;
    const char *code, *heading, *message, *advice;
};

static const struct words words[] = {
    {400, "bad_request", "This request cannot be read", "Something in it is not valid.",
     "Go back, check the address or what you typed, and try again."},
    {401, "unauthorized", "Please sign in", "You are not signed in, or the session has ended.",
     ""},
    {403, "denied", "This is not allowed", "You may not do this.", ""},
    {404, "not_found", "There is nothing here",
     "This page does not exist, or it has been removed, or it belongs to another dataset.",
     "Check the address, or switch the dataset."},
    {405, "method", "This does not work that way",
     "This address cannot be used with this kind of request.",
     "Go back and use the page's own "
     "buttons."},
    {409, "conflict", "Somebody else was first",
     "What you changed has been changed meanwhile, so nothing was stored.",
     "Go back, reload the page and try again."},
    {413, "too_large", "This is too large",
     "What was sent is larger than LeadBoard takes here.", "Go back and send less."},
    {415, "media_type", "This cannot be read",
     "The form was sent in a way that LeadBoard does not understand.",
     "Go back and send the form from the page itself."},
    {422, "invalid", "Something is not right yet", "Nothing was stored.",
     "Go back, correct it and send it again."},
    {429, "too_many", "Too many tries", "Please wait a moment and try again.", ""},
    {500, "internal", "Something broke on our side",
     "LeadBoard could not finish this. Nothing was stored.",
     "Try again. If it happens again, tell your administrator the number below."},
    {503, "unavailable", "LeadBoard is not available right now",
     "The database cannot be reached, or the server is busy. Nothing was stored. Please try "
     "again "
     "in a moment.",
     ""},
    {504, "timeout", "This took too long", "It was stopped, and nothing was stored.",
     "Try again, or ask for less at once."},
};

static const struct words *words_of(int status)
{
    size_t n = sizeof(words) / sizeof(words[0]);
    for (size_t i = 0; i < n; i++) {
        if (words[i].status == status) {
            return &words[i];
        }
    }
    return words_of(500);
}

int web_error_status(enum err err)
{
    switch (err) {
    case ERR_INVALID:
        return 422;
    case ERR_NOT_FOUND:
        return 404;
    case ERR_CONFLICT:
        return 409;
    case ERR_DENIED:
        return 403;
    case ERR_LIMIT:
        return 413;
    case ERR_TIMEOUT:
        return 504;
    case ERR_UNAVAILABLE:
        return 503;
    case ERR_NONE:
    case ERR_INTERNAL:
    case ERR__COUNT:
        break;
    }
    return 500;
}

static void list_mistakes(struct web *web, struct error_view *view)
{
    const struct form *form = &web->form;
    struct error_mistake *mistakes =
        ARENA_ARRAY(web->ctx->arena, form->n_mistakes + 1, struct error_mistake);
    for (size_t i = 0; i < form->n_mistakes; i++) {
        mistakes[i].message = form->mistakes[i].message;
    }
    view->mistakes = mistakes;
    view->n_mistakes = form->n_mistakes;
}

static void draw(struct web *web, const struct request *request, struct response *response,
                 const struct words *say, struct str message)
{
    struct error_view view = {.page = page_make(web, request, response, say->heading, NAV_NONE),
                              .status = say->status,
                              .heading = str_from(say->heading),
                              .message = message,
                              .advice = str_from(say->advice),
                              .link = web->session.signed_in ? STR("/boards") : STR("/login"),
                              .link_label = web->session.signed_in ? STR("Go to your boards")
                                                                   : STR("Sign in")};
    list_mistakes(web, &view);
    if (web_is_partial(request)) {
        tpl_error_part(&response->body, &view);
    } else {
        tpl_error(&response->body, &view);
    }
}

void web_error(struct web *web, const struct request *request, struct response *response,
               int status, struct str message)
{
    const struct words *say = words_of(status);
    if (str_is_null(message)) {
        message = str_from(say->message);
    }
    if (web->route != NULL && (web->route->flags & ROUTE_JSON) != 0) {
        response_json_error(response, status, str_from(say->code), message, (struct str){0});
        return;
    }
    response_reset(response);
    response->status = status;
    draw(web, request, response, say, message);
    if (status == 503) {
        response_header(response, "Retry-After", STR("5"));
    }
}
