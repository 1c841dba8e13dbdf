#include "shared/clock.h"
#include "shared/domain.h"
#include "shared/events.h"
#include "worker/derive_parts.h"

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* ---- addresses that were mistyped (rule 7) ---- */

#define CORRECTION_US (15 * CLOCK_MINUTE)
#define EDITS_MAX 2
#define EDITED_MAX 64 /* longer parts of addresses are compared as they are */

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment (Damerau 1964): letters left out, put in, exchanged, or swapped with
 * the next one. EDITS_MAX + 1 for whatever is more. */
static int edits(struct str a, struct str b)
{
    int rows[3][EDITED_MAX + 1];
    if (a.n > EDITED_MAX || b.n > EDITED_MAX || a.n > b.n + EDITS_MAX ||
        b.n > a.n + EDITS_MAX) {
        return str_eq(a, b) ? 0 : EDITS_MAX + 1;
    }
    for (size_t k = 0; k <= b.n; k++) {
        rows[0][k] = (int)k;
    }
    for (size_t i = 1; i <= a.n; i++) {
        int *now = rows[i % 3], *before = rows[(i + 2) % 3], *two_before = rows[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t k = 1; k <= b.n; k++) {
            int same = a.p[i - 1] == b.p[k - 1] ? 0 : 1;
            now[k] = least(least(before[k] + 1, now[k - 1] + 1), before[k - 1] + same);
            if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1]) {
                now[k] = least(now[k], two_before[k - 2] + 1);
            }
        }
    }
    return rows[a.n % 3][b.n];
}

/* anna2 and anna3 are two accounts, not a slip. */
static bool same_digits(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.n && (a.p[i] < '0' || a.p[i] > '9')) {
            i++;
        }
        while (k < b.n && (b.p[k] < '0' || b.p[k] > '9')) {
            k++;
        }
        if (i == a.n || k == b.n) {
            return i == a.n && k == b.n;
        }
        if (a.p[i++] != b.p[k++]) {
            return false;
        }
    }
}

static struct str local_part(struct str address)
{
    return str_slice(address, 0, str_find(address, '@'));
}

static struct str domain_part(struct str address)
{
    return str_slice(address, str_find(address, '@') + 1, address.n);
}

bool derive_is_correction(struct str wrong, struct str right)
{
    struct str a = local_part(wrong), b = local_part(right);
    struct str from = domain_part(wrong), to = domain_part(right);
    if (wrong.n == 0 || right.n == 0 || str_eq(wrong, right)) {
        return false;
    }
    if (str_eq(a, b)) {
        bool to_work = domain_is_free_mail(from) && !domain_is_free_mail(to);
        return to_work || (edits(from, to) <= EDITS_MAX && same_digits(from, to));
    }
    int most = a.n >= 8 && b.n >= 8 ? EDITS_MAX : 1;
    return str_eq(from, to) && a.n > 0 && b.n > 0 && a.p[0] == b.p[0] && same_digits(a, b) &&
           edits(a, b) <= most;
}

static struct str name_in(const struct derive_event *e, struct str key)
{
    for (const struct derive_fact *fact = e->facts; fact != NULL; fact = fact->next) {
        if (fact->standard && str_eq(fact->key, key)) {
            return fact->value;
        }
    }
    return (struct str){.p = NULL};
}

static bool names_differ(const struct derive_event *a, const struct derive_event *b,
                         struct str key)
{
    struct str x = name_in(a, key), y = name_in(b, key);
    return x.n > 0 && y.n > 0 && !str_eq_ci(x, y);
}

static bool is_in_person(const struct derive_event *e)
{
    return !e->link && e->email.n > 0;
}

/* Only what was typed can be mistyped: who signs in has proved the address. */
static bool corrects(const struct derive_event *wrong, const struct derive_event *right)
{
    return wrong->type == EVENT_FORM && right->at - wrong->at <= CORRECTION_US &&
           derive_is_correction(wrong->email, right->email) &&
           !names_differ(wrong, right, STR("firstName")) &&
           !names_differ(wrong, right, STR("lastName"));
}

/* From the last to the first, so that what was corrected twice ends at the last one. */
static void correct(struct derive_visitor *v)
{
    struct derive_event *next = NULL; /* as it was said */
    struct str email = {.p = NULL}, domain = {.p = NULL};
    for (size_t i = v->n_events; i > 0; i--) {
        struct derive_event *e = &v->events[i - 1];
        if (!is_in_person(e)) {
            continue;
        }
        if (next == NULL || !corrects(e, next)) {
            email = e->email;
            domain = e->email_domain;
        }
        e->right_email = email;
        e->right_domain = domain;
        next = e;
    }
    for (size_t i = 0; i < v->n_events && next != NULL; i++) {
        struct derive_event *e = &v->events[i];
        if (is_in_person(e)) {
            e->email = e->right_email;
            e->email_domain = e->right_domain;
        }
    }
}

static const struct derive_event *first_address(const struct derive_visitor *v)
{
    for (size_t i = 0; i < v->n_events; i++) {
        if (is_in_person(&v->events[i])) {
            return &v->events[i];
        }
    }
    return NULL;
}

/* Somebody identifies where only links did: all of it is that one's. */
static bool overrules_links(const struct derive_visitor *v)
{
    for (size_t i = 0; i < v->n_events && v->identified == DERIVE_BY_LINK; i++) {
        if (is_in_person(&v->events[i]) || v->events[i].user.n > 0) {
            return true;
        }
    }
    return false;
}

/* The first address of who said one before, not long ago, and says one now; "no value": not
 * so. */
static struct str said_anew(const struct derive_visitor *v)
{
    const struct derive_event *e =
        v->open != NULL && v->identified == DERIVE_IN_PERSON ? first_address(v) : NULL;
    bool soon = e != NULL && e->at - v->open->ended_at <= CORRECTION_US;
    return soon ? e->email : (struct str){.p = NULL};
}

enum err derive_corrections_find(struct derive *d)
{
    struct sql_derive_addresses_before_rows rows;
    size_t n = 0;
    struct derive_visitor **visitors =
        ARENA_ARRAY(d->arena, d->n_visitors, struct derive_visitor *);
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_visitors, int64_t);
    struct str *ids = ARENA_ARRAY(d->arena, d->n_visitors, struct str);
    struct str *emails = ARENA_ARRAY(d->arena, d->n_visitors, struct str);
    for (size_t i = 0; i < d->n_visitors; i++) {
        d->visitors[i].forced |= overrules_links(&d->visitors[i]);
        struct str email = said_anew(&d->visitors[i]);
        if (email.n > 0) {
            emails[n] = email;
            visitors[n] = &d->visitors[i];
            datasets[n] = d->visitors[i].dataset;
            ids[n++] = d->visitors[i].visitor;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_addresses_before_in in = {.dataset = {datasets, n}, .visitor = {ids, n}};
    TRY(sql_derive_addresses_before(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_visitor *v = visitors[rows.row[i].nr - 1];
        v->forced |= derive_is_correction(rows.row[i].email, emails[rows.row[i].nr - 1]);
    }
    return ERR_NONE;
}

/* ---- user ids (rule 8) ---- */

static int compare_users(const void *pa, const void *pb)
{
    const struct derive_user *a = pa, *b = pb;
    int order = compare_i64(a->dataset, b->dataset);
    return order ? order : str_cmp(a->id, b->id);
}

static struct derive_user *find_user(const struct derive *d, int64_t dataset, struct str id)
{
    struct derive_user key = {.dataset = dataset, .id = id};
    return d->n_users == 0 ? NULL
                           : bsearch(&key, d->users, d->n_users, sizeof(key), compare_users);
}

static enum err read_users(struct derive *d, struct derive_user *users, size_t n)
{
    struct sql_derive_users_rows rows;
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    struct str *ids = ARENA_ARRAY(d->arena, n, struct str);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = users[i].dataset;
        ids[i] = users[i].id;
    }
    struct sql_derive_users_in in = {.dataset = {datasets, n}, .user = {ids, n}};
    TRY(sql_derive_users(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_user *user = &users[rows.row[i].nr - 1];
        user->email = rows.row[i].email;
        user->domain = domain_part(user->email);
        user->at = rows.row[i].at;
    }
    return ERR_NONE;
}

/* Those that events name and that are not known yet, with their addresses, into d->users. */
static enum err load_users(struct derive *d)
{
    size_t n = 0, kept = 0;
    for (size_t v = 0; v < d->n_visitors; v++) {
        for (size_t i = 0; i < d->visitors[v].n_events; i++) {
            n += d->visitors[v].events[i].user.n > 0 ? 1 : 0;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct derive_user *fresh = ARENA_ARRAY(d->arena, n, struct derive_user);
    n = 0;
    for (size_t v = 0; v < d->n_visitors; v++) {
        for (size_t i = 0; i < d->visitors[v].n_events; i++) {
            const struct derive_event *e = &d->visitors[v].events[i];
            if (e->user.n > 0 && find_user(d, e->dataset, e->user) == NULL) {
                fresh[n++] = (struct derive_user){.dataset = e->dataset, .id = e->user};
            }
        }
    }
    if (n > 1) {
        qsort(fresh, n, sizeof(*fresh), compare_users);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || compare_users(&fresh[kept - 1], &fresh[i]) != 0) {
            fresh[kept++] = fresh[i];
        }
    }
    if (kept == 0) {
        return ERR_NONE;
    }
    TRY(read_users(d, fresh, kept));
    struct derive_user *all = ARENA_ARRAY(d->arena, d->n_users + kept, struct derive_user);
    if (d->n_users > 0) {
        memcpy(all, d->users, d->n_users * sizeof(*all));
    }
    memcpy(all + d->n_users, fresh, kept * sizeof(*all));
    d->users = all;
    d->n_users += kept;
    qsort(d->users, d->n_users, sizeof(*d->users), compare_users);
    return ERR_NONE;
}

/* The first address counts; of one moment the lesser text. */
static void note_address(struct derive_user *user, const struct derive_event *e)
{
    bool first = str_is_null(user->email) || e->at < user->at ||
                 (e->at == user->at && str_cmp(e->email, user->email) < 0);
    if (first) {
        user->changed |= str_is_null(user->email) || !str_eq(user->email, e->email);
        user->moved = true;
        user->email = e->email;
        user->domain = e->email_domain;
        user->at = e->at;
    }
}

static enum err force_dependents(struct derive *d)
{
    struct sql_derive_user_visitors_rows rows;
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_users, int64_t);
    struct str *ids = ARENA_ARRAY(d->arena, d->n_users, struct str);
    for (size_t i = 0; i < d->n_users; i++) {
        if (d->users[i].changed) {
            datasets[n] = d->users[i].dataset;
            ids[n++] = d->users[i].id;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_user_visitors_in in = {.dataset = {datasets, n}, .user = {ids, n}};
    TRY(sql_derive_user_visitors(d->db, &in, &rows));
    datasets = ARENA_ARRAY(d->arena, rows.n, int64_t);
    struct str *visitors = ARENA_ARRAY(d->arena, rows.n, struct str);
    for (size_t i = 0; i < rows.n; i++) {
        datasets[i] = rows.row[i].dataset;
        visitors[i] = rows.row[i].visitor;
    }
    derive_visitors_force(d, datasets, visitors, rows.n);
    return ERR_NONE;
}

enum err derive_users_load(struct derive *d)
{
    TRY(load_users(d));
    if (d->n_users == 0) {
        return ERR_NONE;
    }
    for (size_t i = 0; i < d->n_events; i++) {
        const struct derive_event *e = &d->events[i];
        if (e->user.n > 0 && e->email.n > 0) {
            note_address(find_user(d, e->dataset, e->user), e);
        }
    }
    return force_dependents(d);
}

enum err derive_users_store(struct derive *d)
{
    size_t n = 0, n_said = 0;
    if (d->n_users == 0) {
        return ERR_NONE;
    }
    int64_t *dataset = ARENA_ARRAY(d->arena, d->n_users, int64_t);
    struct str *id = ARENA_ARRAY(d->arena, d->n_users, struct str);
    struct str *email = ARENA_ARRAY(d->arena, d->n_users, struct str);
    int64_t *at = ARENA_ARRAY(d->arena, d->n_users, int64_t);
    for (size_t i = 0; i < d->n_users; i++) {
        if (d->users[i].moved) {
            dataset[n] = d->users[i].dataset;
            id[n] = d->users[i].id;
            email[n] = d->users[i].email;
            at[n++] = d->users[i].at;
        }
    }
    struct sql_derive_users_save_in save = {
        .dataset = {dataset, n}, .user = {id, n}, .email = {email, n}, .at = {at, n}};
    TRY(n > 0 ? sql_derive_users_save(d->db, &save, NULL) : ERR_NONE);
    dataset = ARENA_ARRAY(d->arena, d->n_events, int64_t);
    id = ARENA_ARRAY(d->arena, d->n_events, struct str);
    struct str *visitor = ARENA_ARRAY(d->arena, d->n_events, struct str);
    for (size_t i = 0; i < d->n_events; i++) {
        if (d->events[i].user.n > 0) {
            dataset[n_said] = d->events[i].dataset;
            id[n_said] = d->events[i].user;
            visitor[n_said++] = d->events[i].visitor;
        }
    }
    struct sql_derive_user_visitors_add_in add = {
        .dataset = {dataset, n_said}, .user = {id, n_said}, .visitor = {visitor, n_said}};
    return n_said > 0 ? sql_derive_user_visitors_add(d->db, &add, NULL) : ERR_NONE;
}

enum err derive_identities_settle(struct derive *d)
{
    TRY(load_users(d));
    for (size_t i = 0; i < d->n_visitors; i++) {
        struct derive_visitor *v = &d->visitors[i];
        correct(v);
        for (size_t k = 0; k < v->n_events; k++) {
            struct derive_event *e = &v->events[k];
            struct derive_user *user =
                e->user.n > 0 && e->email.n == 0 ? find_user(d, e->dataset, e->user) : NULL;
            if (user != NULL && !str_is_null(user->email)) {
                e->email = user->email;
                e->email_domain = user->domain;
            }
        }
    }
    return ERR_NONE;
}
