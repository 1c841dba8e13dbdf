/* Forms of hostile bytes against a form with every kind of field: a value that is let through
 * is what the field says. */
#include "fcgi/forms.h"
#include "fcgi/filter_form.h"

#include "shared/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
    struct str text, lines, password, email, url;
    int64_t number, id, date, choice;
    bool on;
    struct form_ids ids;
    struct form_texts words;
    struct filter_form_lists lists;
};

static const char *const choices[] = {"a", "b", NULL};
#define AT(member) offsetof(struct values, member)
static const struct form_field fields[] = {
    {.name = "t", .kind = FORM_TEXT, .min = 2, .max = 10, .offset = AT(text)},
    {.name = "l", .kind = FORM_LINES, .max = 100, .offset = AT(lines)},
    {.name = "p", .kind = FORM_PASSWORD, .max = 50, .offset = AT(password)},
    {.name = "e", .kind = FORM_EMAIL, .offset = AT(email)},
    {.name = "u", .kind = FORM_URL, .max = 60, .offset = AT(url)},
    {.name = "n", .kind = FORM_INT, .min = -5, .max = 500, .offset = AT(number)},
    {.name = "i", .kind = FORM_ID, .offset = AT(id)},
    {.name = "d", .kind = FORM_DATE, .offset = AT(date)},
    {.name = "c", .kind = FORM_ENUM, .choices = choices, .offset = AT(choice)},
    {.name = "o", .kind = FORM_BOOL, .offset = AT(on)},
    {.name = "s", .kind = FORM_IDS, .max = 5, .offset = AT(ids)},
    {.name = "w", .kind = FORM_TEXTS, .max = 50, .offset = AT(words)},
    FILTER_FORM_FIELDS(struct values, lists),
};
static const struct form_spec spec = FORM_SPEC(fields, struct values);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static void check(const struct values *v)
{
    require(!has_control(v->text) && str_utf8_length(v->text) <= 10);
    require(str_find(v->lines, '\r') == v->lines.n && str_utf8_length(v->lines) <= 100);
    require(!has_control(v->email) && (v->email.n == 0 || str_contains(v->email, STR("@"))));
    require(v->url.n == 0 || (str_starts(v->url, STR("http")) && !has_control(v->url)));
    require(v->number >= -5 && v->number <= 500 && v->id >= 0);
    require(v->date >= 0 && v->date % CLOCK_DAY == 0);
    require(v->choice >= -1 && v->choice <= 1 && v->ids.n <= 5);
    for (size_t i = 0; i < v->ids.n; i++) {
        require(v->ids.v[i] > 0);
    }
}

/* A group stands before what is in it, whatever was sent. */
static void check_rows(const struct filter_form *form)
{
    require(form->n > 0 && form->n <= FILTER_FORM_ROWS && form->rows[0].is_group);
    for (size_t i = 1; i < form->n; i++) {
        require(form->rows[i].parent < i && form->rows[form->rows[i].parent].is_group);
    }
}

/* Conditions that are let through make a tree that is read back as the same form. */
static void check_filter(struct ctx *ctx, const struct values *v)
{
    struct filter_form form, again;
    struct filter filter, stored;
    struct str json, json_again;
    filter_form_read(ctx->arena, FILTER_LEADS, &v->lists, &form);
    check_rows(&form);
    for (size_t i = 0; i < v->words.n; i++) {
        filter_form_press(&form, v->words.v[i]);
        check_rows(&form);
    }
    if (!filter_form_tree(ctx, &form, &filter)) {
        return;
    }
    require(filter_json(ctx, &filter, &json) == ERR_NONE);
    require(filter_parse(ctx, json, &stored) == ERR_NONE);
    require(filter_form_from_tree(ctx->arena, &stored, &again));
    require(again.n <= form.n);
    check_rows(&again);
    require(filter_form_tree(ctx, &again, &filter));
    require(filter_json(ctx, &filter, &json_again) == ERR_NONE);
    require(str_eq(json, json_again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct request_pairs pairs;
    struct form form;
    struct str text = {.p = (const char *)data, .n = size};
    if (request_urlencoded(&ctx, text, &pairs) == ERR_NONE) {
        form_read(&form, &ctx, &spec, pairs);
        for (size_t i = 0; i < form.n_mistakes; i++) {
            require(form.mistakes[i].message.n != 0);
        }
        check(form.values);
        check_filter(&ctx, form.values);
    }
    arena_free(ctx.arena);
    return 0;
}
