#include "fcgi/filter_form.h"

static struct filter_form make(struct arena *arena, enum filter_subject subject)
{
    return (struct filter_form){
        .subject = subject,
        .rows = ARENA_ARRAY(arena, FILTER_FORM_ROWS, struct filter_form_row)};
}

void filter_form_begin(struct arena *arena, enum filter_subject subject,
                       struct filter_form *out_form)
{
    *out_form = make(arena, subject);
    out_form->rows[out_form->n++] = (struct filter_form_row){.is_group = true};
    out_form->rows[out_form->n++] = (struct filter_form_row){.parent = 0};
}

/* ---- what was sent ---- */

static struct str at(struct form_texts texts, size_t i)
{
    return i < texts.n ? texts.v[i] : STR("");
}

static size_t parent_of(const struct filter_form *form, struct str text)
{
    int64_t parent = 0;
    bool good = str_to_i64(text, &parent) && parent >= 0 && (size_t)parent < form->n &&
                form->rows[parent].is_group;
    return good ? (size_t)parent : 0;
}

static void read_picks(struct form_texts picks, struct filter_form *form)
{
    for (size_t i = 0; i < picks.n; i++) {
        size_t mark = str_find(picks.v[i], ':');
        int64_t row = 0;
        if (str_to_i64(str_slice(picks.v[i], 0, mark), &row) && row > 0 &&
            (size_t)row < form->n && form->rows[row].n_picks < FILTER_FORM_PICKS) {
            struct filter_form_row *to = &form->rows[row];
            to->picks[to->n_picks++] =
                str_trim(str_slice(picks.v[i], mark + 1, picks.v[i].n));
        }
    }
}

void filter_form_read(struct arena *arena, enum filter_subject subject,
                      const struct filter_form_lists *lists, struct filter_form *out_form)
{
    struct filter_form form = make(arena, subject);
    for (size_t i = 0; i < lists->is.n && form.n < FILTER_FORM_ROWS; i++) {
        struct filter_form_row *row = &form.rows[form.n];
        *row = (struct filter_form_row){.parent = parent_of(&form, at(lists->parent, i)),
                                        .field = at(lists->field, i),
                                        .key = at(lists->key, i),
                                        .op = at(lists->op, i),
                                        .value = at(lists->value, i),
                                        .times = at(lists->times, i),
                                        .days = at(lists->days, i)};
        row->is_group = filter_match_from(lists->is.v[i], &row->match) || i == 0;
        form.n++;
    }
    if (form.n == 0) {
        form.rows[form.n++] = (struct filter_form_row){.is_group = true};
    }
    read_picks(lists->pick, &form);
    *out_form = form;
}

/* ---- the form's buttons ---- */

static bool is_in(const struct filter_form *form, size_t row, size_t group)
{
    while (row != 0 && row != group) {
        row = form->rows[row].parent;
    }
    return row == group;
}

/* Behind what is in the group already. */
static void insert(struct filter_form *form, size_t group, bool is_group)
{
    size_t place = group + 1;
    if (group >= form->n || !form->rows[group].is_group || form->n == FILTER_FORM_ROWS) {
        return;
    }
    for (size_t i = group + 1; i < form->n; i++) {
        place = is_in(form, i, group) ? i + 1 : place;
    }
    for (size_t i = form->n; i > place; i--) {
        form->rows[i] = form->rows[i - 1];
    }
    form->n++;
    for (size_t i = 0; i < form->n; i++) {
        form->rows[i].parent += form->rows[i].parent >= place;
    }
    form->rows[place] =
        (struct filter_form_row){.is_group = is_group, .parent = group, .fresh = !is_group};
}

static void insert_group(struct filter_form *form, size_t group)
{
    size_t before = form->n;
    insert(form, group, true);
    for (size_t i = before; form->n > before && i > 0; i--) {
        if (form->rows[i].is_group && form->rows[i].parent == group) {
            form->rows[i].match =
                form->rows[group].match == FILTER_ANY ? FILTER_ALL : FILTER_ANY;
            insert(form, i, false);
            return;
        }
    }
}

static void drop(struct filter_form *form, size_t gone)
{
    size_t to[FILTER_FORM_ROWS] = {0}, n = 0;
    bool kept[FILTER_FORM_ROWS];
    for (size_t i = 0; i < form->n; i++) {
        kept[i] = !is_in(form, i, gone);
    }
    for (size_t i = 0; i < form->n; i++) {
        if (kept[i]) {
            to[i] = n;
            form->rows[n] = form->rows[i];
            form->rows[n].parent = to[form->rows[i].parent];
            n++;
        }
    }
    form->n = n;
}

bool filter_form_press(struct filter_form *form, struct str pressed)
{
    size_t mark = str_find(pressed, ':');
    struct str what = str_slice(pressed, 0, mark);
    int64_t row = -1;
    if (str_eq(pressed, STR("update"))) {
        return true;
    }
    if (!str_to_i64(str_slice(pressed, mark + 1, pressed.n), &row) || row < 0) {
        return false;
    }
    if (str_eq(what, STR("add"))) {
        insert(form, (size_t)row, false);
    } else if (str_eq(what, STR("group"))) {
        insert_group(form, (size_t)row);
    } else if (str_eq(what, STR("remove"))) {
        if (row > 0 && (size_t)row < form->n) {
            drop(form, (size_t)row);
        }
    } else {
        return false;
    }
    return true;
}
