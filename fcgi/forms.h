/*
 * forms.h - what a form may contain, as a table; what was typed, as typed values.
 *
 * The dispatcher checks the fields before the handler runs. Mistakes are told in the user's
 * words, one a field, and what was typed is kept, so that the page can be drawn again with
 * both. Undeclared fields do not exist for a handler. A field that may be given once and is
 * given twice is refused.
 *
 *     struct note_form { struct str body; bool pinned; };
 *     static const struct form_field note_fields[] = {
 *         {.name = "body", .label = "Note", .kind = FORM_LINES, .required = true, .max = 20000,
 *          .offset = offsetof(struct note_form, body)},
 *         {.name = "pinned", .label = "Pinned", .kind = FORM_BOOL,
 *          .offset = offsetof(struct note_form, pinned)},
 *     };
 *     const struct form_spec note_spec = FORM_SPEC(note_fields, struct note_form);
 */
#ifndef LEADBOARD_FORMS_H
#define LEADBOARD_FORMS_H

#include "fcgi/request.h"

/* Kind: C type of the target. min and max: see each. */
enum form_kind {
    FORM_TEXT,     /* struct str: one line, trimmed; min..max characters (max 0: 200) */
    FORM_LINES,    /* struct str: several lines, ends as LF; min..max characters */
    FORM_PASSWORD, /* struct str: as typed; min..max characters */
    FORM_EMAIL,    /* struct str: an address, trimmed; at most 254 bytes */
    FORM_URL,      /* struct str: http or https; at most max bytes (0: 2000) */
    FORM_INT,      /* int64_t: min..max (both 0: any) */
    FORM_ID,       /* int64_t: above 0; 0 when empty */
    FORM_DATE,     /* int64_t: 2026-11-21, as microseconds of its midnight UTC; 0 when empty */
    FORM_ENUM,     /* int64_t: place in choices; -1 when empty */
    FORM_BOOL,     /* bool: a check box, or 1/0, on/off, true/false, yes/no */
    FORM_IDS,      /* struct form_ids: any number up to max (0: 200) */
    FORM_TEXTS     /* struct form_texts: one-line texts, trimmed, empty ones kept; up to max.
                      Filled even where one of them will not do, so that rows of a form stay side
                      by side and can be drawn again */
};

struct form_ids {
    const int64_t *v;
    size_t n;
};
struct form_texts {
    const struct str *v;
    size_t n;
};

struct form_field {
    const char *name;  /* in HTML */
    const char *label; /* in messages: "Name is needed." */
    enum form_kind kind;
    bool required;
    int64_t min, max;
    int64_t each;               /* FORM_TEXTS: most characters of one of them (0: 200) */
    const char *const *choices; /* FORM_ENUM: accepted values, NULL at the end */
    size_t offset;              /* of the target in the struct of values */
};

struct form_spec {
    const struct form_field *fields;
    size_t n, size;
};
#define FORM_SPEC(table, type)                                                                 \
    {                                                                                          \
        .fields = (table), .n = sizeof(table) / sizeof((table)[0]), .size = sizeof(type)       \
    }

/* The form of what cannot be taken back: its values are a bool, which is true. */
extern const struct form_spec form_sure_spec;

struct form_mistake {
    struct str field; /* name; empty: about the form as a whole */
    struct str message;
};
#define FORM_MISTAKES_MAX 64

struct form {
    struct ctx *ctx;
    const struct form_spec *spec;
    struct request_pairs typed; /* everything that was sent */
    void *values;               /* the struct of spec, filled where there was no mistake */
    struct form_mistake *mistakes;
    size_t n_mistakes;
};

/* Reads the declared fields out of typed. Mistakes are in the form, not in the return value. */
void form_read(struct form *form, struct ctx *ctx, const struct form_spec *spec,
               struct request_pairs typed);
/* Adds a mistake that only the handler can see. field may be "" for the whole form. */
void form_refuse(struct form *form, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline bool form_is_right(const struct form *form)
{
    return form->n_mistakes == 0;
}
/* The message for a field, or "no value". "" is the form as a whole. */
struct str form_message(const struct form *form, const char *field);
/* What is wrong with a list, whose fields have no place for it, else with the form as a whole.
 */
struct str form_list_message(const struct form *form);
/* What was typed in a field (the first of that name), or "no value". */
struct str form_typed(const struct form *form, const char *field);
/* What was typed if the form was sent, else the stored value: for drawing a form's input. */
struct str form_value(const struct form *form, const char *field, struct str stored);

/* A mailbox address we can work with: one '@', a dotted or single-label domain, no spaces. */
bool form_is_email(struct str text);
/* http:// or https:// with a host, without spaces and control characters. */
bool form_is_url(struct str text);
/* "2026-11-21" -> microseconds of its midnight UTC. */
bool form_is_date(struct str text, int64_t *out_at);

#endif
