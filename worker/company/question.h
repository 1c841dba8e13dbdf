/*
 * question.h - a provider (shared/provider.h) is asked about a domain. Many questions travel at
 * once: they are asked, then http_run lets all of them go their way, and each one's `done` is
 * called when it is answered.
 *
 * Each question has memory of its own, which question_free gives back: what a site sends is
 * large, and gone as soon as its answer was stored. No database is seen here.
 */
#ifndef LEADBOARD_QUESTION_H
#define LEADBOARD_QUESTION_H

#include "shared/config.h"
#include "shared/json.h"
#include "shared/provider.h"
#include "worker/http.h"

#define ANSWER_FACTS_MAX 80

struct answer {
    enum answer_outcome outcome;
    struct str fields[ANSWER_FACTS_MAX], values[ANSWER_FACTS_MAX]; /* as facts_read has them */
    size_t n;
    struct str guess;           /* a name that is less than a fact; "no value" */
    struct str message;         /* a sentence: why there is nothing */
    struct str icon_type, icon; /* checked by its bytes; "no value": none */
};

struct question {
    /* given by who asks */
    struct http *http;
    const struct config *config;
    const atomic_bool *cancel;
    const struct provider *provider; /* lives as long as the question */
    const struct str *headers;       /* "Name: value", sent to the service alone */
    size_t n_headers;
    struct str domain; /* normal; lives as long */
    void (*done)(void *data, struct question *question);
    void *data;

    struct answer answer; /* for done */

    /* of the provider's module */
    struct ctx ctx;
    int64_t until; /* clock_monotonic: by then it has ended */
    void *state;
};

/* done is called by http_run, or at once when there is nothing to fetch. */
void question_ask(struct question *question);
/* Only the picture at an address is wanted; answer.icon has it if it is one. */
void question_ask_picture(struct question *question, struct str url);
/* After done. */
void question_free(struct question *question);

/* ---- for the providers' modules ---- */

/* How a kind is asked; it ends with question_end, now or in a later call. */
typedef void question_asker(struct question *question);
question_asker site_ask, wikidata_ask, rdap_ask, api_ask;

/* One request of it, under its limits; a timeout_ms of its own only shortens them. Before done,
 * ctx says what went wrong; the response lives until done returns. */
void question_fetch(struct question *question, struct http_request *request, http_done *done,
                    void *data);
/* Keeps a fact if facts_read does. */
void question_fact(struct question *question, const char *field, struct str text);
/* Keeps a picture if it is one (icon.h); true when it is. */
bool question_icon(struct question *question, struct str bytes);
/* A status of 400 and more as an error, with a sentence; ERR_NONE for others. */
MUST_CHECK enum err question_status(struct question *question,
                                    const struct http_response *response);
/* Fetches the picture at url, keeps it if it is one, and ends without an error; at once when
 * url is empty. */
void question_logo(struct question *question, struct str url);
/* Fetches a document (the headers of the question are sent, and then no redirect is followed)
 * and calls read with it; ends the question itself when there is none. */
void question_json(struct question *question, struct str url, struct str accept,
                   void (*read)(struct question *question, const struct json *json));
/* err with ctx.why, or ERR_NONE. ERR_NOT_FOUND: it does not know the company; ERR_TIMEOUT and
 * ERR_UNAVAILABLE: it could not be asked this time. */
void question_end(struct question *question, enum err err);

#endif
