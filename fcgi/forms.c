#include "fcgi/forms.h"

#include "shared/clock.h"

#include <stdarg.h>

#define TEXT_MAX 200
#define EMAIL_MAX 254
#define URL_MAX 2000
#define MULTI_MAX 200

static const struct form_field sure_fields[] = {
    {.name = "sure", .label = "Your confirmation", .kind = FORM_BOOL, .required = true},
};
const struct form_spec form_sure_spec = FORM_SPEC(sure_fields, bool);

static void refuse(struct form *form, struct str field, const char *format, va_list args)
{
    char message[512];
    (void)vsnprintf(message, sizeof(message), format, args);
    if (form->n_mistakes < FORM_MISTAKES_MAX) {
        form->mistakes[form->n_mistakes++] = (struct form_mistake){
            .field = field, .message = arena_dup(form->ctx->arena, str_from(message))};
    }
}

void form_refuse(struct form *form, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(form, str_from(field), format, args);
    va_end(args);
}

/* ---- what texts may look like ---- */

static bool has_bad_control(struct str s, bool lines)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool fine = c >= ' ' ? c != 0x7f : lines && (c == '\n' || c == '\t');
        if (!fine) {
            return true;
        }
    }
    return false;
}

static bool is_host(struct str host)
{
    if (host.n == 0 || host.n > 253 || host.p[0] == '.' || host.p[host.n - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = (unsigned char)host.p[i];
        bool ascii = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!ascii && c != '-' && c != '.' && c < 0x80) {
            return false;
        }
        if (c == '.' && host.p[i - 1] == '.') {
            return false;
        }
    }
    return true;
}

bool form_is_email(struct str text)
{
    size_t at = str_find(text, '@');
    if (at == 0 || at >= text.n || at > 64 || text.n > EMAIL_MAX || !str_is_utf8(text)) {
        return false;
    }
    for (size_t i = 0; i < at; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= ' ' || c == 0x7f || strchr("<>()[]\\,;:\"", c) != NULL) {
            return false;
        }
    }
    return is_host(str_slice(text, at + 1, text.n));
}

bool form_is_url(struct str text)
{
    size_t scheme = str_starts(text, STR("https://"))  ? 8
                    : str_starts(text, STR("http://")) ? 7
                                                       : 0;
    if (scheme == 0 || !str_is_utf8(text)) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\') {
            return false;
        }
    }
    size_t end = scheme;
    while (end < text.n && text.p[end] != '/' && text.p[end] != '?' && text.p[end] != '#') {
        end++;
    }
    struct str authority = str_slice(text, scheme, end);
    struct str host = str_slice(authority, 0, str_find(authority, ':'));
    return str_find(authority, '@') == authority.n && is_host(host);
}

static bool take_digits(struct str text, size_t from, size_t to, int64_t *out_value)
{
    for (size_t i = from; i < to; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
    }
    return str_to_i64(str_slice(text, from, to), out_value);
}

/* Days since 1970-01-01; the inverse of clock_date. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool form_is_date(struct str text, int64_t *out_at)
{
    int64_t year, month, day;
    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' ||
        !take_digits(text, 0, 4, &year) || !take_digits(text, 5, 7, &month) ||
        !take_digits(text, 8, 10, &day) || year < 1970) {
        return false;
    }
    int64_t at = days_of(year, month, day) * CLOCK_DAY;
    struct clock_date date = clock_date(at);
    if (date.year != year || date.month != month || date.day != day) {
        return false;
    }
    *out_at = at;
    return true;
}

/* ---- one field ---- */

static struct str label_of(const struct form_field *field)
{
    return str_from(field->label != NULL ? field->label : field->name);
}

/* False, with the mistake noted, when the length in characters is out of bounds. */
static bool fits(struct form *form, const struct form_field *field, struct str text)
{
    int64_t max = field->max != 0 ? field->max : TEXT_MAX;
    int64_t n = (int64_t)str_utf8_length(text);
    struct str label = label_of(field);
    if (n > max) {
        form_refuse(form, field->name, "%.*s may have at most %lld characters; this has %lld.",
                    STR_ARG(label), (long long)max, (long long)n);
        return false;
    }
    if (n < field->min && n != 0) {
        form_refuse(form, field->name, "%.*s needs at least %lld characters.", STR_ARG(label),
                    (long long)field->min);
        return false;
    }
    return true;
}

static void read_text(struct form *form, const struct form_field *field, struct str text,
                      struct str *out_text)
{
    struct str label = label_of(field);
    if (has_bad_control(text, field->kind == FORM_LINES)) {
        form_refuse(form, field->name, "%.*s contains characters that cannot be kept.",
                    STR_ARG(label));
    } else if (fits(form, field, text)) {
        *out_text = text;
    }
}

/* Browsers send CR LF. */
static struct str with_lf(struct ctx *ctx, struct str text)
{
    if (str_find(text, '\r') == text.n) {
        return text;
    }
    char *p = arena_alloc(ctx->arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool before_lf = i + 1 < text.n && text.p[i + 1] == '\n';
        if (text.p[i] != '\r') {
            p[n++] = text.p[i];
        } else if (!before_lf) {
            p[n++] = '\n';
        }
    }
    return (struct str){.p = p, .n = n};
}

static void read_email(struct form *form, const struct form_field *field, struct str text,
                       struct str *out_text)
{
    if (form_is_email(text)) {
        *out_text = text;
    } else {
        form_refuse(form, field->name,
                    "This is not an email address. It looks like name@company.com.");
    }
}

static void read_url(struct form *form, const struct form_field *field, struct str text,
                     struct str *out_text)
{
    size_t max = field->max != 0 ? (size_t)field->max : URL_MAX;
    if (text.n > max) {
        form_refuse(form, field->name, "This address is too long.");
    } else if (form_is_url(text)) {
        *out_text = text;
    } else {
        form_refuse(form, field->name,
                    "This is not a web address. It starts with https:// or http://.");
    }
}

static void read_int(struct form *form, const struct form_field *field, struct str text,
                     int64_t *out_value)
{
    struct str label = label_of(field);
    int64_t value;
    bool bounded = field->min != 0 || field->max != 0;
    if (!str_to_i64(text, &value)) {
        form_refuse(form, field->name, "%.*s must be a whole number.", STR_ARG(label));
    } else if (bounded && (value < field->min || value > field->max)) {
        form_refuse(form, field->name, "%.*s must be from %lld to %lld.", STR_ARG(label),
                    (long long)field->min, (long long)field->max);
    } else {
        *out_value = value;
    }
}

static void read_id(struct form *form, const struct form_field *field, struct str text,
                    int64_t *out_value)
{
    int64_t value;
    struct str label = label_of(field);
    if (str_to_i64(text, &value) && value > 0) {
        *out_value = value;
    } else {
        form_refuse(form, field->name, "%.*s: please choose one of the list.", STR_ARG(label));
    }
}

static void read_enum(struct form *form, const struct form_field *field, struct str text,
                      int64_t *out_value)
{
    for (int64_t i = 0; field->choices[i] != NULL; i++) {
        if (str_eq(text, str_from(field->choices[i]))) {
            *out_value = i;
            return;
        }
    }
    struct str label = label_of(field);
    form_refuse(form, field->name, "%.*s: please choose one of the list.", STR_ARG(label));
}

static void read_date(struct form *form, const struct form_field *field, struct str text,
                      int64_t *out_at)
{
    if (!form_is_date(text, out_at)) {
        form_refuse(form, field->name, "This is not a date. It looks like 2026-11-21.");
    }
}

static void read_bool(struct form *form, const struct form_field *field, struct str text,
                      bool *out_on)
{
    static const char *const yes[] = {"1", "on", "true", "yes"};
    static const char *const no[] = {"0", "off", "false", "no", ""};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (str_eq(text, str_from(yes[i]))) {
            *out_on = true;
            return;
        }
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        if (str_eq(text, str_from(no[i]))) {
            return;
        }
    }
    struct str label = label_of(field);
    form_refuse(form, field->name, "%.*s must be on or off.", STR_ARG(label));
}

static size_t count(const struct form *form, struct str name)
{
    size_t n = 0;
    for (size_t i = 0; i < form->typed.n; i++) {
        n += str_eq(form->typed.v[i].name, name);
    }
    return n;
}

/* False, with the mistake noted, when there are too many or too few. */
static bool fits_count(struct form *form, const struct form_field *field, size_t n)
{
    size_t max = field->max != 0 ? (size_t)field->max : MULTI_MAX;
    struct str label = label_of(field);
    if (n > max) {
        form_refuse(form, field->name, "%.*s: at most %zu, please.", STR_ARG(label), max);
        return false;
    }
    if (field->required && n == 0) {
        form_refuse(form, field->name, "%.*s: please choose at least one.", STR_ARG(label));
        return false;
    }
    return true;
}

static void read_ids(struct form *form, const struct form_field *field,
                     struct form_ids *out_ids)
{
    struct str name = str_from(field->name);
    size_t n = count(form, name), used = 0;
    if (!fits_count(form, field, n)) {
        return;
    }
    int64_t *ids = ARENA_ARRAY(form->ctx->arena, n + 1, int64_t);
    for (size_t i = 0; i < form->typed.n; i++) {
        if (!str_eq(form->typed.v[i].name, name)) {
            continue;
        }
        if (!str_to_i64(form->typed.v[i].value, &ids[used]) || ids[used] <= 0) {
            struct str label = label_of(field);
            form_refuse(form, field->name, "%.*s: please choose from the list.",
                        STR_ARG(label));
            return;
        }
        used++;
    }
    *out_ids = (struct form_ids){.v = ids, .n = used};
}

static void read_texts(struct form *form, const struct form_field *field,
                       struct form_texts *out_texts)
{
    struct str name = str_from(field->name);
    size_t n = count(form, name), used = 0;
    if (!fits_count(form, field, n)) {
        return;
    }
    bool fine = true;
    struct str *texts = ARENA_ARRAY(form->ctx->arena, n + 1, struct str);
    size_t longest = field->each > 0 ? (size_t)field->each : TEXT_MAX;
    for (size_t i = 0; i < form->typed.n; i++) {
        if (str_eq(form->typed.v[i].name, name)) {
            struct str text = str_trim(form->typed.v[i].value);
            fine = fine && !has_bad_control(text, false) && str_utf8_length(text) <= longest;
            texts[used++] = text;
        }
    }
    *out_texts = (struct form_texts){.v = texts, .n = used};
    if (!fine) {
        struct str label = label_of(field);
        form_refuse(form, field->name, "%.*s: one of them is too long or cannot be kept.",
                    STR_ARG(label));
    }
}

static void read_single(struct form *form, const struct form_field *field, struct str text,
                        void *target)
{
    switch (field->kind) {
    case FORM_TEXT:
    case FORM_LINES:
    case FORM_PASSWORD:
        read_text(form, field, text, target);
        break;
    case FORM_EMAIL:
        read_email(form, field, text, target);
        break;
    case FORM_URL:
        read_url(form, field, text, target);
        break;
    case FORM_INT:
        read_int(form, field, text, target);
        break;
    case FORM_ID:
        read_id(form, field, text, target);
        break;
    case FORM_DATE:
        read_date(form, field, text, target);
        break;
    case FORM_ENUM:
        read_enum(form, field, text, target);
        break;
    case FORM_BOOL:
        read_bool(form, field, text, target);
        break;
    case FORM_IDS:
    case FORM_TEXTS:
        break;
    }
}

static struct str normal(struct ctx *ctx, enum form_kind kind, struct str text)
{
    if (kind == FORM_PASSWORD) {
        return text;
    }
    return str_trim(kind == FORM_LINES ? with_lf(ctx, text) : text);
}

static void read_field(struct form *form, const struct form_field *field)
{
    void *target = (char *)form->values + field->offset;
    if (field->kind == FORM_IDS) {
        read_ids(form, field, target);
        return;
    }
    if (field->kind == FORM_TEXTS) {
        read_texts(form, field, target);
        return;
    }
    if (field->kind == FORM_ENUM) {
        *(int64_t *)target = -1;
    }
    struct str name = str_from(field->name), label = label_of(field);
    if (count(form, name) > 1) {
        form_refuse(form, field->name, "%.*s was sent twice. Please send the form again.",
                    STR_ARG(label));
        return;
    }
    struct str text = normal(form->ctx, field->kind, request_pair(form->typed, name));
    if (text.n != 0) {
        read_single(form, field, text, target);
    } else if (field->required) {
        form_refuse(form, field->name, "%.*s is needed.", STR_ARG(label));
    } else if (field->kind <= FORM_URL && text.p != NULL) {
        *(struct str *)target = STR("");
    }
}

void form_read(struct form *form, struct ctx *ctx, const struct form_spec *spec,
               struct request_pairs typed)
{
    *form = (struct form){.ctx = ctx, .spec = spec, .typed = typed};
    form->mistakes = ARENA_ARRAY(ctx->arena, FORM_MISTAKES_MAX, struct form_mistake);
    if (spec == NULL) {
        return;
    }
    form->values = arena_alloc(ctx->arena, spec->size);
    for (size_t i = 0; i < spec->n; i++) {
        read_field(form, &spec->fields[i]);
    }
}

struct str form_message(const struct form *form, const char *field)
{
    for (size_t i = 0; i < form->n_mistakes; i++) {
        if (str_eq(form->mistakes[i].field, str_from(field))) {
            return form->mistakes[i].message;
        }
    }
    return (struct str){0};
}

struct str form_list_message(const struct form *form)
{
    for (size_t i = 0; form->spec != NULL && i < form->spec->n; i++) {
        const struct form_field *field = &form->spec->fields[i];
        struct str message = form_message(form, field->name);
        if (field->kind == FORM_TEXTS && !str_is_null(message)) {
            return message;
        }
    }
    return form_message(form, "");
}

struct str form_typed(const struct form *form, const char *field)
{
    return request_pair(form->typed, str_from(field));
}

struct str form_value(const struct form *form, const char *field, struct str stored)
{
    struct str typed = form_typed(form, field);
    return str_is_null(typed) ? stored : typed;
}
